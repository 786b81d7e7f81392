import { describe, expect, test } from '@jest/globals';
import * as fc from '../seeded-fast-check.ts';
import { contentHash, type Content } from '../../sync/content-hash.ts';
import {
  judgeOutbound as judgeWith,
  type JudgeOptions,
  type JudgedEntity,
  type JudgedRecord,
  type OutboundDecision,
} from '../../sync/judge-outbound.ts';
import { SYNC_STATES, type SyncState } from '../../sync/sync-state.ts';

const KEYS = [new Uint8Array(32).fill(1)];
const CONTENT: Content = { name: 'Zoë', sortOrder: 1 };
const HASH = contentHash(CONTENT, KEYS);
const OTHER_HASH = contentHash({ name: 'Zoë', sortOrder: 2 }, KEYS);
const REMOTE_ID = '47';

type Options = Omit<JudgeOptions, 'keys'>;

const judgeOutbound = (entity: JudgedEntity, judged: JudgedRecord | null, options: Options = {}) =>
  judgeWith(entity, judged, { keys: KEYS, ...options });

const gone: JudgedEntity = { kind: 'gone' };
const filteredOut: JudgedEntity = { kind: 'filtered-out' };
const parked: JudgedEntity = { kind: 'parked', field: 'name', reason: 'is empty', code: 'field-missing' };
const mapped: JudgedEntity = { kind: 'mapped', content: CONTENT, missing: [] };
const orphaned: JudgedEntity = { kind: 'mapped', content: CONTENT, missing: [{ type: 'Event', key: '21' }] };

/** Decisions as one word; their details are checked separately. */
type Word =
  | 'nothing'
  | 'unchanged'
  | 'create'
  | 'update'
  | 'remove'
  | 'forget'
  | 'drop'
  | 'drop-forget'
  | 'park'
  | 'wait'
  | 'share'
  | 'suppress'
  | 'stay-erased'
  | 'reissued';

function word(decision: OutboundDecision): Word {
  if (decision.kind === 'remove') return decision.forget ? 'forget' : 'remove';
  if (decision.kind === 'drop') return decision.forget ? 'drop-forget' : 'drop';
  return decision.kind;
}

const record = (state: SyncState, remoteId: string | null, hash: string | null): JudgedRecord => ({
  state,
  remoteId,
  contentHash: hash,
});

/**
 * For each state, the decision without and with a remote id. `forget`: removed at the target, and the record is
 * deleted; `remove`: removed there, and the record stays; `drop`: the target has nothing of ours, so only the record
 * changes.
 */
type Row = readonly [without: Word, withRemoteId: Word];
type Table = Readonly<Record<SyncState, Row>>;

const always = (row: Row): Table => Object.fromEntries(SYNC_STATES.map((state) => [state, row])) as Table;
const UNTOUCHED: Row = ['nothing', 'nothing'];
const STAYS: Row = ['stay-erased', 'stay-erased'];

const GONE: Table = {
  ...always(['forget', 'forget']),
  REMOVED: ['drop-forget', 'forget'],
  SUPPRESSED: ['drop-forget', 'forget'],
  ERASED: ['drop-forget', 'forget'],
  SHARED: ['drop-forget', 'drop-forget'],
  UNLINKED: ['drop-forget', 'drop-forget'],
};
const FILTERED_OUT: Table = {
  ...always(['remove', 'remove']),
  REMOVED: UNTOUCHED,
  SUPPRESSED: ['drop', 'remove'],
  ERASED: STAYS,
  SHARED: ['drop', 'drop'],
  UNLINKED: UNTOUCHED,
};
const PARKED: Table = { ...always(['park', 'park']), UNLINKED: UNTOUCHED, ERASED: STAYS };
const MISSING: Table = { ...always(['wait', 'wait']), UNLINKED: UNTOUCHED, ERASED: STAYS };
const SEND: Table = { ...always(['create', 'update']), UNLINKED: UNTOUCHED, ERASED: STAYS };
const EQUAL: Table = { ...SEND, IN_SYNC: ['create', 'unchanged'] };

/** Name, entity, recorded hash, and the table without and with `resend`. */
const CASES: readonly (readonly [string, JudgedEntity, string | null, Table, Table])[] = [
  ['gone from EMS', gone, HASH, GONE, GONE],
  ['filtered out', filteredOut, HASH, FILTERED_OUT, { ...FILTERED_OUT, REMOVED: ['remove', 'remove'] }],
  ['that cannot be mapped', parked, HASH, PARKED, PARKED],
  ['that refers to what the target has not', orphaned, HASH, MISSING, MISSING],
  ['with the content last delivered', mapped, HASH, EQUAL, SEND],
  ['with other content', mapped, OTHER_HASH, SEND, SEND],
  ['never delivered', mapped, null, SEND, SEND],
  ['with a hash of a newer release', mapped, HASH.replace('v1', 'v99'), SEND, SEND],
];

describe.each(CASES)('an entity %s', (_, entity, hash, plain, resent) => {
  test.each(SYNC_STATES)('and a record %s', (state) => {
    const decisions = ([null, REMOTE_ID] as const).map((remoteId) => record(state, remoteId, hash));
    expect(decisions.map((judged) => word(judgeOutbound(entity, judged)))).toEqual(plain[state]);
    expect(decisions.map((judged) => word(judgeOutbound(entity, judged, { resend: true })))).toEqual(resent[state]);
  });
});

const judgeConsent = (state: SyncState, hash: string | null, options: Options, entity: JudgedEntity = mapped) =>
  word(judgeOutbound(entity, record(state, REMOTE_ID, hash), options));

const another = (state: SyncState): JudgedRecord => ({ ...record(state, REMOTE_ID, HASH), reissued: true });

describe('a row whose id was given out again', () => {
  test.each(SYNC_STATES.filter((state) => state !== 'UNLINKED' && state !== 'ERASED'))(
    'is written nowhere, whatever else is said: %s',
    (state) => {
      for (const options of [{}, { resend: true }, { suppressions: [{ channel: 'email', reason: 'erased' }] as const }])
        for (const entity of [mapped, parked, orphaned])
          expect(word(judgeOutbound(entity, another(state), options))).toBe('reissued');
    },
  );

  test('leaves the target like any other if EMS deletes it, or if it does not belong there', () => {
    expect(word(judgeOutbound(gone, another('PARKED')))).toBe('forget');
    expect(word(judgeOutbound(filteredOut, another('PARKED')))).toBe('remove');
  });
});

describe('nothing', () => {
  test('has a reason, and an unlinked pair a way back', () => {
    const unlinked = { ...record('UNLINKED', null, null), lastError: 'its record at CHATWOOT is gone' };
    expect(judgeOutbound(mapped, unlinked)).toEqual({
      kind: 'nothing',
      reason: expect.stringMatching(/^it is unlinked: its record at CHATWOOT is gone\. .*--unlinked/),
    });
    expect(judgeOutbound(mapped, record('UNLINKED', null, null))).toMatchObject({
      reason: expect.stringMatching(/by an operator/),
    });
    expect(judgeOutbound(filteredOut, null)).toMatchObject({ reason: 'the filter leaves it out' });
    expect(judgeOutbound(gone, null)).toMatchObject({ reason: 'EMS has no such row' });
  });
});

describe('a person who has refused', () => {
  const unsubscribed = [{ channel: 'email', reason: 'unsubscribed' }] as const;
  const erased = [{ channel: 'sms', reason: 'erased' }] as const;
  test.each(SYNC_STATES.filter((state) => state !== 'UNLINKED' && state !== 'ERASED'))(
    'gets nothing where that is withheld, whatever is asked: %s',
    (state) => {
      for (const resend of [false, true]) {
        const options = { suppressions: unsubscribed, withhold: true, resend };
        for (const entity of [mapped, parked, orphaned])
          expect(judgeConsent(state, HASH, options, entity)).toBe('suppress');
        expect(judgeConsent(state, HASH, options, gone)).not.toBe('suppress');
      }
    },
  );

  test('where other fields go on: they do, once, and the record says that it was refused', () => {
    const options = { suppressions: unsubscribed, withhold: false };
    expect(judgeConsent('IN_SYNC', HASH, options)).toBe('suppress');
    expect(judgeConsent('SUPPRESSED', HASH, options)).toBe('suppress');
    expect(judgeConsent('SUPPRESSED', OTHER_HASH, options)).toBe('update');
    expect(judgeConsent('SUPPRESSED', HASH, { ...options, resend: true })).toBe('update');
    expect(judgeConsent('PENDING', HASH, options)).toBe('update');
  });

  test('and does so no longer is looked at again, though nothing else has changed', () => {
    expect(judgeConsent('SUPPRESSED', HASH, { suppressions: [] })).toBe('update');
  });

  test('and was erased gets nothing at all, by whatever address or record that is known', () => {
    expect(judgeConsent('IN_SYNC', OTHER_HASH, { suppressions: erased, resend: true })).toBe('stay-erased');
    const known = record('ERASED', null, null);
    for (const entity of [mapped, filteredOut, parked]) expect(word(judgeOutbound(entity, known))).toBe('stay-erased');
    expect(word(judgeOutbound(gone, known))).toBe('drop-forget');
  });
});

test.each<[string, JudgedEntity, Word, Word]>([
  ['gone', gone, 'nothing', 'nothing'],
  ['filtered out', filteredOut, 'nothing', 'remove'],
  ['parked', parked, 'park', 'park'],
  ['without its parent', orphaned, 'wait', 'wait'],
  ['mapped', mapped, 'create', 'create'],
])('an entity %s that has no record', (_, entity, plain, resent) => {
  expect(word(judgeOutbound(entity, null))).toBe(plain);
  expect(word(judgeOutbound(entity, null, { resend: true }))).toBe(resent);
});

test('a decision carries what its step needs', () => {
  const judge = (entity: JudgedEntity) => judgeOutbound(entity, record('PENDING', REMOTE_ID, null));
  expect(judge(mapped)).toEqual({ kind: 'update', content: CONTENT, remoteId: REMOTE_ID });
  expect(judge(gone)).toEqual({ kind: 'remove', remoteId: REMOTE_ID, forget: true });
  expect(judge(parked)).toEqual({ kind: 'park', field: 'name', reason: 'is empty', code: 'field-missing' });
  expect(judge(orphaned)).toEqual({
    kind: 'wait',
    for: 'Event/21',
    field: 'event_id',
    reason: 'the target has no Event/21 yet',
  });
  expect(judgeOutbound(mapped, null)).toEqual({ kind: 'create', content: CONTENT });
});

test('a hash of another spelling of the same content counts as equal (pitfall 13)', () => {
  const stored = contentHash({ sortOrder: 1, name: ' Zoe\u0308 ', club: '' }, KEYS);
  expect(judgeOutbound(mapped, record('IN_SYNC', REMOTE_ID, stored))).toEqual({ kind: 'unchanged' });
});

describe('for any pair', () => {
  interface Judged {
    readonly entity: JudgedEntity;
    readonly record: JudgedRecord | null;
    readonly resend: boolean;
  }
  const records: fc.Arbitrary<JudgedRecord> = fc.record({
    state: fc.constantFrom(...SYNC_STATES),
    remoteId: fc.constantFrom(null, REMOTE_ID),
    contentHash: fc.constantFrom(null, HASH, OTHER_HASH, 'v99:00', 'nonsense'),
  });
  const pairs: fc.Arbitrary<Judged> = fc.record({
    entity: fc.constantFrom(gone, filteredOut, parked, orphaned, mapped),
    record: fc.option(records),
    resend: fc.boolean(),
  });
  const judge = ({ entity, record, resend }: Judged) => judgeOutbound(entity, record, { resend });

  test('the same state gives the same decision, and judging changes nothing', () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const before = structuredClone(pair);
        const decision = judge(pair);
        expect(pair).toEqual(before);
        expect(judge(before)).toEqual(decision);
      }),
    );
  });

  test('a page is judged as its pairs are one by one, in any order (pitfall 26)', () => {
    const pages = fc
      .array(pairs, { maxLength: 8 })
      .chain((page) => fc.tuple(fc.constant(page), fc.shuffledSubarray([...page.keys()], { minLength: page.length })));
    fc.assert(
      fc.property(pages, ([page, order]) => {
        const alone = page.map((pair) => judge(structuredClone(pair)));
        const together = new Map(order.map((index) => [index, judge(page[index] as Judged)]));
        expect(page.map((_, index) => together.get(index))).toEqual(alone);
      }),
    );
  });

  test('nothing is left unsent but what is IN_SYNC at the target with equal content (pitfalls 7 and 24)', () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const inStep =
          pair.entity === mapped &&
          !pair.resend &&
          pair.record?.state === 'IN_SYNC' &&
          pair.record.remoteId === REMOTE_ID &&
          pair.record.contentHash === HASH;
        expect(judge(pair).kind === 'unchanged').toBe(inStep);
      }),
      { numRuns: 5_000 },
    );
  });

  test('an unlinked pair is never sent and never removed at the target', () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const decision = judge({ ...pair, record: record('UNLINKED', REMOTE_ID, HASH) });
        expect(['nothing', 'drop']).toContain(decision.kind);
      }),
    );
  });
});
