import { describe, expect, test } from '@jest/globals';
import {
  compareRemote,
  equalityOf,
  isLagging,
  isNews,
  knownTimeAfter,
  type AbsorbedState,
  type KnownRemoteState,
} from '../../sync/compare-remote.ts';
import { contentHash } from '../../sync/content-hash.ts';
import { baseOf } from '../../sync/keyed-hash.ts';

const KEYS = [new Uint8Array(32).fill(7)];
const KNOWN_AT = '2026-05-01T10:00:00Z';
const CONTENT = { name: 'Ana', city: 'Porto' };

const known: KnownRemoteState = {
  remoteId: '47',
  remoteSyncedOn: Temporal.Instant.from(KNOWN_AT),
  base: baseOf(CONTENT, KEYS),
  confirmedForMs: 2_000,
};
const READING = { lagMs: 60_000, keys: KEYS };
const read = (changes: { remoteId?: string; modifiedOn?: string | null; content?: Record<string, string> } = {}) => ({
  remoteId: '47',
  modifiedOn: '2026-05-01T10:00:05Z',
  content: CONTENT,
  ...changes,
});

describe('the remote holds news', () => {
  test.each([
    ['a field that differs from the base', read({ content: { ...CONTENT, city: 'Faro' } })],
    ['a field that was never compared', read({ content: { ...CONTENT, phone: '+351' } })],
    ['another id', read({ remoteId: '48' })],
    ['another id, though its time is older', read({ remoteId: '48', modifiedOn: '2026-05-01T09:00:00Z' })],
    ['a difference at the known time', read({ modifiedOn: KNOWN_AT, content: { name: 'Eva' } })],
  ])('if it has %s', (_, remote) => {
    expect(isNews(remote, known, READING)).toBe(true);
  });

  test('if the two were never compared', () => {
    expect(isNews(read(), { ...known, base: null }, READING)).toBe(true);
  });

  test.each([
    ['a bounce-back, whatever its time', read()],
    ['fields that are left out: they are unknown, not empty', read({ content: { name: 'Ana' } })],
    ['the same in another spelling', read({ content: { name: ' Ana ', city: 'Porto' } })],
    ['a lagging read', read({ modifiedOn: '2026-05-01T09:59:59Z', content: { ...CONTENT, city: 'Faro' } })],
  ])('but not with %s', (_, remote) => {
    expect(isNews(remote, known, READING)).toBe(false);
  });
});

describe('a read may lag behind what was confirmed', () => {
  const older = read({ modifiedOn: '2026-05-01T09:59:59Z', content: { ...CONTENT, city: 'Faro' } });
  const undated = read({ modifiedOn: null, content: { ...CONTENT, city: 'Faro' } });

  test.each([
    ['its time is older than the known one', older, known],
    ['it has no time, and differs', undated, known],
    ['no time is known, and it differs', read({ content: { name: 'Eva' } }), { ...known, remoteSyncedOn: null }],
  ])('if %s', (_, remote, state) => {
    expect(isLagging(remote, state, READING)).toBe(true);
    expect(isNews(remote, state, READING)).toBe(false);
  });

  test.each([
    ['its time is the known one', read({ modifiedOn: KNOWN_AT, content: { name: 'Eva' } }), known],
    ['it has no time, and differs in nothing', read({ modifiedOn: null }), known],
    ['that was confirmed longer ago than reads lag', older, { ...known, confirmedForMs: 60_000 }],
    ['nothing was ever confirmed', older, { ...known, confirmedForMs: null }],
  ])('but not if %s', (_, remote, state) => {
    expect(isLagging(remote, state, READING)).toBe(false);
  });

  test('but not where reads do not lag', () => {
    expect(isLagging(older, { ...known, confirmedForMs: 0 }, { ...READING, lagMs: 0 })).toBe(false);
  });
});

test.each([
  ['is that of a newer reading', { modifiedOn: '2026-05-01T10:00:05Z' }, '2026-05-01T10:00:05Z'],
  [
    'never moves back: what a clock that was set back dates is newer',
    { content: { name: 'Eva' } },
    '2026-05-01T10:00:00.000001Z',
  ],
  ['stays if an older reading says nothing new', {}, null],
  ['stays if a reading has none', { modifiedOn: null }, null],
  ['is the reading’s own for a record that lists show in part', { messages: [] }, '2026-05-01T09:59:59Z'],
])('the known time %s', (_, changes, time) => {
  const remote = { ...read({ modifiedOn: '2026-05-01T09:59:59Z' }), messages: null, ...changes };
  expect(knownTimeAfter(remote, known, KEYS)).toBe(time);
});

test('a comparison says what EMS takes over, what drifted, and whether EMS has to be sent again', () => {
  const owners = { name: 'both', city: 'both', id: 'ems' } as const;
  const ems = { ...CONTENT, id: '1' };
  const base = baseOf(ems, KEYS);
  const common = { owners, ems, base, keys: KEYS, scope: 'entity', emsChanged: false } as const;
  expect(compareRemote({ ...common, remote: ems })).toMatchObject({ applied: [], drifted: [], resend: false });
  expect(compareRemote({ ...common, remote: { ...ems, city: 'Faro' } })).toMatchObject({
    applied: ['city'],
    resend: false,
  });
  expect(compareRemote({ ...common, remote: { ...ems, id: '2' } })).toMatchObject({
    applied: [],
    drifted: ['id'],
    resend: true,
  });
  const changed = { ...common, ems: { ...ems, name: 'Eva' }, emsChanged: true };
  expect(compareRemote({ ...changed, remote: { ...ems, name: 'Iva' } })).toMatchObject({
    decision: { kind: 'conflict', lost: ['name'] },
    applied: [],
    resend: true,
  });
});

describe('after an absorption', () => {
  const state: AbsorbedState = {
    state: 'IN_SYNC',
    contentHash: contentHash(CONTENT, KEYS),
    before: CONTENT,
    after: CONTENT,
    remote: CONTENT,
    keys: KEYS,
  };
  const MOVED = { ...CONTENT, city: 'Faro' };
  test.each<[string, Partial<AbsorbedState>, ReturnType<typeof equalityOf>]>([
    ['both sides are equal, as last delivered', {}, { kind: 'in-sync', contentHash: contentHash(CONTENT, KEYS) }],
    [
      'EMS has taken over what the remote changed',
      { after: MOVED, remote: MOVED },
      { kind: 'in-sync', contentHash: contentHash(MOVED, KEYS) },
    ],
    [
      'the remote shows only some fields, but the row was delivered as it was',
      { after: MOVED, remote: { city: 'Faro' } },
      { kind: 'in-sync', contentHash: contentHash(MOVED, KEYS) },
    ],
    [
      'the remote shows only some fields of a row that was not delivered',
      { before: MOVED, after: MOVED, remote: { city: 'Faro' } },
      { kind: 'open' },
    ],
    ['EMS would send what it last delivered', { remote: MOVED }, { kind: 'delivered' }],
    ['the last delivery is not confirmed', { state: 'PENDING' }, { kind: 'open' }],
    ['the row cannot be sent', { after: null }, { kind: 'open' }],
  ])('%s', (_, changes, equality) => {
    expect(equalityOf({ ...state, ...changes })).toEqual(equality);
  });
});
