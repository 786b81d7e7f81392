import { describe, expect, test } from '@jest/globals';
import type { RemoteMessage, RemoteRecord } from '../../targets/inbound-source.ts';
import { unstorable, withoutUnstorable } from '../../targets/unstorable.ts';

function record(change: Partial<RemoteRecord> = {}): RemoteRecord {
  return {
    type: 'Person',
    remoteId: '47',
    emsKey: null,
    modifiedOn: null,
    content: { firstName: 'Ana' },
    complete: true,
    references: {},
    related: [],
    messages: null,
    removed: false,
    successor: null,
    ...change,
  };
}

const NUL = 'Nul\u0000Name';
const HALF = 'Half\ud83d';

function message(change: Partial<RemoteMessage>): RemoteMessage {
  return {
    remoteId: '1',
    emsKey: null,
    author: 'AGENT',
    agentName: null,
    body: 'Hello 👋',
    private: false,
    sentOn: '2026-01-01T00:00:00Z',
    ...change,
  };
}

describe('a text that no database could hold', () => {
  test.each([
    ['a NUL', record({ content: { firstName: 'Ana', lastName: NUL } }), 'lastName'],
    ['half a character', record({ content: { lastName: HALF } }), 'lastName'],
    ['one in a list', record({ content: { tags: ['ems', { name: HALF }] } }), 'tags'],
    ['one in a set', record({ content: { tags: new Set([NUL]) } }), 'tags'],
    ['one in a message', record({ messages: [message({}), message({ body: NUL })] }), 'messages'],
    ['one in the name of an agent', record({ messages: [message({ agentName: HALF })] }), 'messages'],
  ])('%s is told by its field, and not quoted', (_what, odd, field) => {
    expect(unstorable(odd)).toBe(`Person 47 holds a NUL or half a character at ${field}`);
  });

  test('a whole emoji, a list of plain values and no value are none', () => {
    const content = {
      name: '👩‍👩‍👧',
      count: 3,
      known: true,
      at: Temporal.Instant.from('2026-01-01T00:00:00Z'),
      none: null,
    };
    expect(unstorable(record({ content, messages: [message({})] }))).toBeNull();
  });
});

describe('in a list', () => {
  test('what came with a good record counts by itself', () => {
    const user = record({ remoteId: '9', content: { lastName: HALF } });
    const registration = record({
      type: 'EventParticipant',
      remoteId: '1/2/3',
      content: { bib: '7' },
      related: [user],
    });
    expect(withoutUnstorable([registration])).toEqual([
      { ...registration, related: [] },
      { malformed: expect.stringContaining('lastName'), type: 'Person', remoteId: '9' },
    ]);
  });

  test('good records and malformed ones stay as they are', () => {
    const malformed = { malformed: 'no id', type: 'Person', remoteId: null } as const;
    expect(withoutUnstorable([record(), malformed])).toEqual([record(), malformed]);
  });
});
