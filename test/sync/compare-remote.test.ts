import { describe, expect, test } from '@jest/globals';
import {
  compareRemote,
  equalityOf,
  isLagging,
  isNews,
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
};
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
    ['a difference without a time', read({ modifiedOn: null, content: { name: 'Eva' } })],
  ])('if it has %s', (_, remote) => {
    expect(isNews(remote, known, KEYS)).toBe(true);
  });

  test('if the two were never compared', () => {
    expect(isNews(read(), { ...known, base: null }, KEYS)).toBe(true);
  });

  test.each([
    ['a bounce-back, whatever its time', read()],
    ['fields that are left out: they are unknown, not empty', read({ content: { name: 'Ana' } })],
    ['the same in another spelling', read({ content: { name: ' Ana ', city: 'Porto' } })],
    ['a lagging read', read({ modifiedOn: '2026-05-01T09:59:59Z', content: { ...CONTENT, city: 'Faro' } })],
  ])('but not with %s', (_, remote) => {
    expect(isNews(remote, known, KEYS)).toBe(false);
  });
});

test('a read lags only if both times are known, and its own is older', () => {
  expect(isLagging(read({ modifiedOn: '2026-05-01T09:59:59Z' }), known)).toBe(true);
  expect(isLagging(read({ modifiedOn: KNOWN_AT }), known)).toBe(false);
  expect(isLagging(read({ modifiedOn: null }), known)).toBe(false);
  expect(isLagging(read(), { ...known, remoteSyncedOn: null })).toBe(false);
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
