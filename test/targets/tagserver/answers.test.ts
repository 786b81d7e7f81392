import { describe, expect, test } from '@jest/globals';
import { SyncError } from '../../../sync/sync-error.ts';
import { readAnswer } from '../../../targets/answer.ts';
import { page, readProblem, writeResult } from '../../../targets/tagserver/answers.ts';

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

const answerOf = (body: string, what = 'PUT tags/81') => ({
  target: 'TagServer',
  what,
  status: 200,
  headers: {},
  body,
});

function faultOf(body: string): SyncError {
  try {
    readAnswer(writeResult, answerOf(body));
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('the answer was taken');
}

test('an answer by the contract is read; what it says beyond is welcome', () => {
  const answer = readAnswer(writeResult, answerOf(JSON.stringify({ ...WRITTEN, fetchedAt: 'now' })));
  expect(answer).toMatchObject({ contentHash: WRITTEN.contentHash, changedAt: WRITTEN.changedAt, outcome: 'created' });
});

test.each([null, undefined, 0])(
  'the attempt number may be %s: others write without one, and counting starts at 0',
  (n) => {
    const answer = readAnswer(writeResult, answerOf(JSON.stringify({ ...WRITTEN, sourceVersion: n })));
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

  test.each(['null', '[]', '"created"'])('the body %j', (body) => {
    expect(faultOf(body)).toMatchObject({ errorClass: 'contract', field: 'body' });
  });

  test.each(['', '<html>Bad gateway</html>', '{"version":'])('but %j is no answer of TagServer: it is down', (body) => {
    expect(faultOf(body)).toMatchObject({ errorClass: 'target-down', code: 'not-json' });
  });

  test('an item within a page, by its place', () => {
    const body = JSON.stringify({
      items: [
        { ...WRITTEN, data: {} },
        { ...WRITTEN, data: null },
      ],
      nextCursor: null,
    });
    expect(() => readAnswer(page, answerOf(body, 'GET tags'))).toThrow('at items.1.data');
  });

  test('and nothing that it held', () => {
    expect(faultOf(JSON.stringify({ ...WRITTEN, outcome: 'Quixote' })).message).not.toContain('Quixote');
  });
});

const problem = (code: string, ...pointers: readonly string[]) =>
  JSON.stringify({ code, title: 'Any words', errors: pointers.map((pointer) => ({ pointer, code: 'x' })) });

describe('a problem', () => {
  test('is told by its code and the fields that we sent, never by its words (pitfall 27)', () => {
    const body = problem('duplicate-bib', '/bib', '/operations/1/data/bib', '/raceId');
    expect(readProblem(body, { bib: '7', raceId: '1' })).toEqual({ code: 'duplicate-bib', fields: ['bib', 'raceId'] });
  });

  test('with a code or a field that the contract does not have is told without it', () => {
    expect(readProblem(problem('anasilva', '/anasilva', '/constructor'), { bib: '7' })).toEqual({
      code: null,
      fields: [],
    });
  });

  test.each(['', '<html>503</html>', '{"title":"Service Unavailable"}', '{"code":503}', 'null'])(
    'is not what a proxy says: %j',
    (body) => {
      expect(readProblem(body)).toBeNull();
    },
  );
});
