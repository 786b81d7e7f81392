import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { planAndRead, readPage } from '../../activities/first-pages.ts';
import { NoLocks } from '../../database/advisory-locks.ts';
import { readCursor } from '../../database/records/cursors.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { chatwoot } from '../../targets/chatwoot/process.ts';
import type { ListedPage, ListRequest, RemoteRecord } from '../../targets/inbound-source.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { dependenciesWith } from './dependencies-with.ts';

const SEEN = '2026-05-01T10:00:00Z';
const IDLE: ListedPage = { records: [], next: null, seenUpTo: SEEN };
const STRANGER: RemoteRecord = {
  type: 'Person',
  remoteId: '47',
  emsKey: null,
  modifiedOn: SEEN,
  content: { name: 'Ana Silva', email: 'ana@clube.example' },
  complete: true,
  references: {},
  related: [],
  messages: null,
  removed: false,
  successor: null,
};

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(() => database?.close());

beforeEach(() => database.orm.em.fork().execute('DELETE FROM sync_cursor'));

/** ChatWoot, whose persons are in these lists. */
function withLists(lists: Readonly<Record<string, () => ListedPage>>) {
  const read: string[] = [];
  const inbound = {
    overlapMs: 0,
    scopes: async (type: string) => (type === 'Person' ? Object.keys(lists) : []),
    list: async ({ scope }: ListRequest) => {
      read.push(scope);
      return lists[scope]?.() ?? IDLE;
    },
    fetch: async () => STRANGER,
  };
  const remote = { inbound } as unknown as RemoteSystem;
  const dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map([['CHATWOOT', { process: chatwoot.process, remote }]]),
    locks: new NoLocks(''),
  });
  return { read, dependencies, plan: () => planAndRead(dependencies, { process: 'CHATWOOT' }) };
}

const cursorOf = (scope: string) =>
  readCursor(database.orm.em.fork(), { process: 'CHATWOOT', type: 'Person', scope }).then((at) => at?.toString());

test('the plan of an idle poll has read every list, and moved its cursor', async () => {
  const lists = withLists({ a: () => IDLE, b: () => IDLE });
  const { steps } = await lists.plan();
  expect(steps.map(({ scope, first }) => [scope, first?.listed, first?.seenUpTo])).toEqual([
    ['a', 0, null],
    ['b', 0, null],
  ]);
  expect(await Promise.all(['a', 'b'].map(cursorOf))).toEqual([SEEN, SEEN]);
});

test.each<[string, ListedPage]>([
  ['that a workflow has to hold', { ...IDLE, records: [STRANGER] }],
  ['on further pages', { ...IDLE, next: '2' }],
])('changes %s leave the cursor where it is, and the lists behind them unread', async (_, page) => {
  const lists = withLists({ a: () => IDLE, b: () => page, c: () => IDLE });
  const { steps } = await lists.plan();
  expect(steps.map(({ scope, first }) => [scope, first?.seenUpTo])).toEqual([
    ['a', null],
    ['b', SEEN],
    ['c', undefined],
  ]);
  expect(lists.read).toEqual(['a', 'b']);
  expect(await cursorOf('b')).toBeUndefined();
});

test('a list that cannot be read is left to its own attempts, after the pause that the target asks for', async () => {
  const lists = withLists({
    a: () => {
      throw new SyncError('transient', '429', { code: 'throttled', retryAfterMs: 7_000 });
    },
    b: () => IDLE,
  });
  const { steps } = await lists.plan();
  expect(steps).toEqual([
    { type: 'Person', scope: 'a', failed: { pauseMs: 7_000 } },
    { type: 'Person', scope: 'b' },
  ]);
  expect(lists.read).toEqual(['a']);
});

test('a later page of a list never moves the cursor: earlier ones may have had changes', async () => {
  const { dependencies } = withLists({ a: () => IDLE });
  const page = await readPage(dependencies, { process: 'CHATWOOT', type: 'Person', scope: 'a', page: '2' });
  expect(page.seenUpTo).toBe(SEEN);
  expect(await cursorOf('a')).toBeUndefined();
});
