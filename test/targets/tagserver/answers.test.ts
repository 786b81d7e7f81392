import { describe, expect, test } from '@jest/globals';
import { SyncError } from '../../../sync/sync-error.ts';
import { page, readAnswer, readProblem, writeResult } from '../../../targets/tagserver/answers.ts';

const WRITTEN = {
  type: 'tags',
  externalId: '81',
  version: 1,
  sequence: '90071992547409931',
  contentHash: `sha256:${'0'.repeat(64)}`,
  sourceVersion: 12,
  changedAt: '2027-05-01T09:00:00.000Z',
  changedBy: { clientId: 'ems-sync' },
  outcome: 'created',
};

function faultOf(body: string): SyncError {
  try {
    readAnswer(writeResult, body, 'PUT tags/81');
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('the answer was taken');
}

test('an answer by the contract is read; what it says beyond is welcome', () => {
  const answer = readAnswer(writeResult, JSON.stringify({ ...WRITTEN, fetchedAt: 'now' }), 'PUT tags/81');
  expect(answer).toMatchObject({ contentHash: WRITTEN.contentHash, changedAt: WRITTEN.changedAt, outcome: 'created' });
});

test.each([null, undefined, 0])(
  'the attempt number may be %s: others write without one, and counting starts at 0',
  (n) => {
    const answer = readAnswer(writeResult, JSON.stringify({ ...WRITTEN, sourceVersion: n }), 'PUT tags/81');
    expect(answer.sourceVersion).toBe(n);
  },
);

describe('an answer that does not fit the contract names the field and the call:', () => {
  test.each<[string, string, object]>([
    ['contentHash', 'missing', { contentHash: undefined }],
    ['contentHash', 'of another algorithm', { contentHash: `md5:${'0'.repeat(32)}` }],
    ['contentHash', 'in capitals', { contentHash: `sha256:${'A'.repeat(64)}` }],
    ['outcome', 'unknown', { outcome: 'stored' }],
    ['changedAt', 'not an instant', { changedAt: 'yesterday' }],
    ['changedAt', 'a local time', { changedAt: '2027-05-01T09:00:00' }],
    ['version', 'zero', { version: 0 }],
    ['version', 'a text', { version: '1' }],
    ['sourceVersion', 'below zero', { sourceVersion: -1 }],
    ['externalId', 'a number', { externalId: 81 }],
  ])('%s %s', (field, _, change) => {
    const error = faultOf(JSON.stringify({ ...WRITTEN, ...change }));
    expect(error).toMatchObject({ errorClass: 'contract', code: 'contract', field });
    expect(error.message).toBe(`TagServer's answer to PUT tags/81 does not fit the contract at ${field}`);
  });

  test.each(['', 'null', '[]', '<html>Bad gateway</html>', '{"version":', '"created"'])('the body %j', (body) => {
    expect(faultOf(body)).toMatchObject({ errorClass: 'contract', field: 'body' });
  });

  test('an item within a page, by its place', () => {
    const body = JSON.stringify({
      items: [
        { ...WRITTEN, data: {} },
        { ...WRITTEN, data: null },
      ],
      nextCursor: null,
    });
    expect(() => readAnswer(page, body, 'GET tags')).toThrow('at items.1.data');
  });

  test('and nothing that it held', () => {
    expect(faultOf(JSON.stringify({ ...WRITTEN, outcome: 'Quixote' })).message).not.toContain('Quixote');
  });
});

describe('a problem', () => {
  test('is told by its code, never by its words (pitfall 27)', () => {
    const body = JSON.stringify({
      code: 'duplicate-bib',
      title: 'Any words',
      errors: [{ pointer: '/bib', code: 'x' }],
    });
    expect(readProblem(body)).toEqual({
      code: 'duplicate-bib',
      title: 'Any words',
      errors: [{ pointer: '/bib', code: 'x' }],
    });
  });

  test.each(['', '<html>503</html>', '{"title":"Service Unavailable"}', '{"code":503}', 'null'])(
    'is not what a proxy says: %j',
    (body) => {
      expect(readProblem(body)).toBeNull();
    },
  );
});
