import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import { deliver } from '../../activities/deliver.ts';
import { findChanged } from '../../activities/find-changed.ts';
import { planPoll } from '../../activities/plan-poll.ts';
import { record } from '../../activities/record.ts';
import { resolveRemote } from '../../activities/resolve-remote.ts';
import { unlinkRecord } from '../../database/records/link-record.ts';
import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { TARGETS } from '../../targets/index.ts';
import type { InboundSource, MalformedRecord, RemoteRecord } from '../../targets/inbound-source.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';
import { dependenciesWith } from './dependencies-with.ts';

let database: LockedDatabase;

beforeAll(async () => {
  database = await lockedDatabase();
});

afterEach(async () => {
  await database.client.query(
    'TRUNCATE sync_person, sync_unique_value, sync_oscillation, sync_parked_listing, person CASCADE',
  );
});

afterAll(async () => {
  await database?.close();
});

const LAG_MS = 60_000;
const ANA = { first_name: 'Ana', last_name: 'Silva', email: 'ana@clube.example', phone: '+351911000001' };
const RUI = { first_name: 'Rui', last_name: 'Costa', email: 'rui@clube.example', phone: '+351911000002' };

/** What a list and a single fetch say of one remote record: targets' two answers need not agree. */
interface Told {
  listed?: RemoteRecord | MalformedRecord;
  fetched?: RemoteRecord | null | SyncError;
}

const contact = (remoteId: string, content: Content, more: Partial<RemoteRecord> = {}): RemoteRecord => ({
  type: 'Person',
  remoteId,
  emsKey: null,
  references: {},
  related: [],
  complete: true,
  content,
  modifiedOn: null,
  messages: null,
  removed: false,
  successor: null,
  ...more,
});

const refOf = (key: string) => ({ process: 'CHATWOOT', type: 'Person', key }) as const;

/** ChatWoot's contacts, as if each could be listed and fetched otherwise. */
function remoteWorld({ recordMs = LAG_MS, proposals = [] as string[] } = {}) {
  const told = new Map<string, Told>();
  const inbound: InboundSource = {
    signed: ['Person'],
    overlapMs: 0,
    lag: { listMs: 0, recordMs },
    proposals: async () => proposals,
    scopes: async () => ['contacts'],
    list: async () => ({
      records: [...told.values()].flatMap(({ listed }) => listed ?? []),
      next: null,
      seenUpTo: null,
    }),
    fetch: async ({ remoteId }) => {
      const { fetched = null } = told.get(remoteId) ?? {};
      if (fetched instanceof SyncError) throw fetched;
      return fetched;
    },
  };
  let lastId = 46;
  const send = async ({ content, key, remoteId }: SendRequest): Promise<SendResult> => {
    const id = remoteId ?? `${(lastId += 1)}`;
    const now = contact(id, content, { emsKey: key });
    told.set(id, { listed: now, fetched: now });
    return { kind: 'sent', remoteId: id, remoteModifiedOn: null, stored: content };
  };
  const remote = { inbound, send } as Partial<RemoteSystem> as RemoteSystem;
  let dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    locks: database.locks,
  });
  const sweep = async (key: string) => {
    const delivery = await deliver(dependencies, { ...refOf(key), attempt: 1, resend: false });
    await record(dependencies, { ...refOf(key), delivery });
    return delivery.kind;
  };
  const find = () => findChanged(dependencies, { process: 'CHATWOOT', type: 'Person', scope: 'contacts', page: null });
  /** The workflows that a poll starts, and what they do. */
  const poll = async (): Promise<string[]> => {
    const { unfinishedPairs } = await planPoll(dependencies, { process: 'CHATWOOT' });
    const { pairs, unknown } = await find();
    const done: string[] = [];
    for (const { key } of [...unfinishedPairs, ...pairs]) done.push((await absorb(dependencies, refOf(key))).kind);
    for (const { remoteId } of unknown) {
      done.push((await resolveRemote(dependencies, { process: 'CHATWOOT', type: 'Person', remoteId })).kind);
    }
    return done;
  };
  return {
    contact,
    find,
    poll,
    withKeys: (keys: readonly Uint8Array[]) => {
      dependencies = { ...dependencies, keys };
    },
    sweep,
    absorb: (key: string) => absorb(dependencies, refOf(key)),
    tell: (remoteId: string, changes: Told) => {
      told.set(remoteId, { ...told.get(remoteId), ...changes });
    },
    /** What the contact holds since EMS has sent it. */
    contentOf: (remoteId: string): Content => {
      const { listed } = told.get(remoteId) ?? {};
      return listed === undefined || 'malformed' in listed ? {} : listed.content;
    },
    /** Two persons at the target, 47 and 48. */
    twoPersons: async () => {
      const ana = await database.ems.person(ANA);
      const rui = await database.ems.person(RUI);
      await sweep(ana);
      await sweep(rui);
      return { ana, rui };
    },
    /** Polls with nothing changed, a minute between them: reads cannot lag longer. */
    pollsUntilQuiet: async () => {
      const started: string[][] = [];
      for (let count = 0; count < 7; count += 1) {
        started.push(await poll());
        await minuteLater();
      }
      return started;
    },
  };
}

type World = ReturnType<typeof remoteWorld>;

const minuteLater = () =>
  database.client.query(`
    UPDATE sync_parked_listing SET listed_on = listed_on - interval '61 seconds';
    UPDATE sync_person SET remote_confirmed_on = remote_confirmed_on - interval '61 seconds'`);

async function recordOf(remoteId: string) {
  const { rows } = await database.client.query(
    `SELECT state, last_error_code AS code FROM sync_person WHERE sync_process = 'CHATWOOT' AND remote_id = $1`,
    [remoteId],
  );
  return rows[0];
}

const rejected = () => new SyncError('rejected', 'only a human can tell what became of it', { code: 'unclear' });

/** A NUL, which PostgreSQL cannot store. */
const UNSTORABLE = { name: 'Ana\u0000' };

/** What lists show of a stranger. */
const BIA = { name: 'Bia', email: 'bia@clube.example' };

interface Case {
  readonly why: string;
  /** The state and code in which the record is left; null: it is not a record any more. */
  readonly left: { readonly state: string; readonly code: string | null } | null;
  /** Of the remote record 47 or 60. */
  readonly remoteId: string;
  readonly proposals?: string[];
  readonly arrange: (world: World) => Promise<void>;
}

const parkedAs = (code: string) => ({ state: 'PARKED', code: `CHATWOOT-${code}` });

const PAIRS: readonly Case[] = [
  {
    why: 'it goes on as another row’s, and lists do not say so',
    left: parkedAs('SECOND-RECORD'),
    remoteId: '47',
    async arrange({ tell, contact, twoPersons, contentOf }) {
      const { ana } = await twoPersons();
      tell('47', {
        listed: contact('47', { name: 'Ana Gone' }, { emsKey: ana, removed: true }),
        // The one that is left carries the id of the pair that is looked at.
        fetched: contact('48', contentOf('48'), { emsKey: ana }),
      });
    },
  },
  {
    why: 'it goes on as another row’s, by way of a third one',
    left: parkedAs('SECOND-RECORD'),
    remoteId: '47',
    async arrange({ tell, contact, twoPersons, contentOf }) {
      const { ana } = await twoPersons();
      tell('47', {
        listed: contact('47', { name: 'Ana Gone' }, { emsKey: ana, removed: true, successor: '50' }),
        fetched: contact('48', contentOf('48'), { emsKey: ana }),
      });
    },
  },
  {
    why: 'only a human can tell what became of it',
    left: parkedAs('UNCLEAR'),
    remoteId: '47',
    async arrange({ tell, contact, twoPersons }) {
      const { ana } = await twoPersons();
      tell('47', { listed: contact('47', { name: 'Ana Changed' }, { emsKey: ana }), fetched: rejected() });
    },
  },
  {
    why: 'what is fetched cannot be stored, and lists show it otherwise',
    left: parkedAs('MALFORMED'),
    remoteId: '47',
    async arrange({ tell, contact, twoPersons }) {
      const { ana } = await twoPersons();
      tell('47', {
        listed: contact('47', { name: 'Ana Changed' }, { emsKey: ana }),
        fetched: contact('47', UNSTORABLE, { emsKey: ana }),
      });
    },
  },
  {
    why: 'lists show it malformed',
    left: parkedAs('MALFORMED'),
    remoteId: '47',
    async arrange({ tell, twoPersons }) {
      await twoPersons();
      tell('47', { listed: { malformed: 'it does not fit the contract', type: 'Person', remoteId: '47' } });
    },
  },
  {
    why: 'it changed hands, and lists show its old id',
    left: parkedAs('CHANGED-HANDS'),
    remoteId: '47',
    async arrange({ tell, contact, twoPersons }) {
      const { ana } = await twoPersons();
      tell('47', {
        listed: contact('47', { name: 'Ana Changed' }, { emsKey: ana }),
        fetched: contact('47', { name: 'Bia' }, { emsKey: '999' }),
      });
    },
  },
  {
    why: 'EMS has given out its id again',
    left: parkedAs('REISSUED'),
    remoteId: '47',
    async arrange({ tell, contact, twoPersons }) {
      const { ana } = await twoPersons();
      const other = { first_name: 'Zoe', last_name: 'Melo', email: 'zoe@clube.example', phone: '+351911000009' };
      await database.ems.update('person', ana, { ...other, date_of_birth: '1960-02-03' });
      const changed = contact('47', { name: 'Ana Changed' }, { emsKey: ana });
      tell('47', { listed: changed, fetched: changed });
    },
  },
  {
    why: 'two systems undo each other',
    left: parkedAs('PING-PONG'),
    remoteId: '47',
    async arrange({ tell, contact, twoPersons, poll }) {
      const { ana } = await twoPersons();
      for (let round = 0; round < 4; round += 1) {
        for (const name of ['Ana Ping', 'Ana Pong']) {
          const changed = contact('47', { name }, { emsKey: ana });
          tell('47', { listed: changed, fetched: changed });
          await minuteLater();
          await poll();
        }
      }
    },
  },
  {
    why: 'it is gone, and lists still show it',
    left: null,
    remoteId: '47',
    async arrange({ tell, contact, twoPersons }) {
      const { ana } = await twoPersons();
      tell('47', { listed: contact('47', { name: 'Ana Changed' }, { emsKey: ana }), fetched: null });
    },
  },
];

const STRANGERS: readonly Case[] = [
  {
    why: 'only a human can tell what it is',
    left: parkedAs('UNCLEAR'),
    remoteId: '60',
    async arrange({ tell, contact }) {
      tell('60', { listed: contact('60', BIA), fetched: rejected() });
    },
  },
  {
    why: 'what is fetched cannot be stored, and lists show it otherwise',
    left: parkedAs('MALFORMED'),
    remoteId: '60',
    async arrange({ tell, contact }) {
      tell('60', { listed: contact('60', BIA), fetched: contact('60', UNSTORABLE) });
    },
  },
  {
    why: 'lists show it malformed',
    left: parkedAs('MALFORMED'),
    remoteId: '60',
    async arrange({ tell }) {
      tell('60', { listed: { malformed: 'it does not fit the contract', type: 'Person', remoteId: '60' } });
    },
  },
  {
    why: 'several rows match it',
    left: parkedAs('SEVERAL-ROWS'),
    remoteId: '60',
    async arrange({ tell, contact }) {
      const phone = '+351911000003';
      await database.ems.person({ ...ANA, phone });
      await database.ems.person({ ...RUI, phone });
      tell('60', {
        listed: contact('60', BIA),
        fetched: contact('60', { name: 'Bia Melo', phone_number: phone }),
      });
    },
  },
  {
    why: 'its row has another record',
    left: parkedAs('SECOND-RECORD'),
    remoteId: '60',
    async arrange({ tell, contact, twoPersons }) {
      await twoPersons();
      tell('60', {
        listed: contact('60', BIA),
        fetched: contact('60', { name: 'Ana Silva', email: ANA.email }),
      });
    },
  },
  {
    why: 'anybody may give the address that it has',
    left: parkedAs('UNPROVEN-MATCH'),
    remoteId: '60',
    proposals: ['email'],
    async arrange({ tell, contact }) {
      await database.ems.person(ANA);
      tell('60', {
        listed: contact('60', BIA),
        fetched: contact('60', { name: 'Ana Silva', email: ANA.email }),
      });
    },
  },
  {
    why: 'EMS has deleted the row whose id it has',
    left: { state: 'UNLINKED', code: null },
    remoteId: '60',
    async arrange({ tell, contact }) {
      tell('60', { listed: contact('60', BIA), fetched: contact('60', { name: 'Bia Melo' }, { emsKey: '999' }) });
    },
  },
  {
    why: 'its row is unlinked',
    left: { state: 'UNLINKED', code: null },
    remoteId: '60',
    async arrange({ tell, contact }) {
      const ana = await database.ems.person(ANA);
      await unlinkRecord(database.orm.em.fork(), { process: 'CHATWOOT', type: 'Person', key: ana });
      tell('60', {
        listed: contact('60', BIA),
        fetched: contact('60', { name: 'Ana Silva', email: ANA.email }),
      });
    },
  },
];

describe.each([
  ['a pair', PAIRS],
  ['a record without a row', STRANGERS],
])('%s that a poll has left to a human', (_what, cases) => {
  test.each(cases)('is no news to later polls: $why', async ({ left, remoteId, proposals = [], arrange }) => {
    const world = remoteWorld({ proposals });
    await arrange(world);
    const started = await world.pollsUntilQuiet();
    if (left === null) expect(await recordOf(remoteId)).toBeUndefined();
    else expect(await recordOf(remoteId)).toEqual(left);
    // It is looked at anew until what was fetched cannot be older than what was listed, and then no more.
    expect(started.slice(-2)).toEqual([[], []]);
  });

  test.each(cases.filter(({ left }) => left !== null))(
    'is looked at again when its remote record changes: $why',
    async ({ remoteId, proposals = [], arrange }) => {
      const world = remoteWorld({ proposals });
      await arrange(world);
      await world.pollsUntilQuiet();
      const emsKey = await keyOf(remoteId);
      const changed = world.contact(remoteId, { name: 'Somebody Else', email: 'else@clube.example' }, { emsKey });
      world.tell(remoteId, { listed: changed, fetched: changed });
      const started = await world.poll();
      // Whose id was given out again: only an operator goes on with it.
      expect(started).toHaveLength((await isReissued(remoteId)) ? 0 : 1);
      expect(started).not.toContain('parked');
    },
  );
});

async function keyOf(remoteId: string): Promise<string | null> {
  const { rows } = await database.client.query('SELECT entity_key FROM sync_person WHERE remote_id = $1', [remoteId]);
  return rows[0]?.entity_key ?? null;
}

async function isReissued(remoteId: string): Promise<boolean> {
  const { rows } = await database.client.query('SELECT reissued FROM sync_person WHERE remote_id = $1', [remoteId]);
  return rows[0]?.reissued != null;
}

/** A pair whose record goes on as 48, which is Rui's, and about which polls are quiet. */
async function goingOnAsRuis(recordMs = LAG_MS) {
  const world = remoteWorld({ recordMs });
  const { tell, contact, twoPersons, contentOf } = world;
  const { ana, rui } = await twoPersons();
  const listed = contact('47', { name: 'Ana Gone' }, { emsKey: ana, removed: true });
  tell('47', { listed, fetched: contact('48', contentOf('48'), { emsKey: ana }) });
  await world.pollsUntilQuiet();
  expect(await recordOf('47')).toEqual(parkedAs('SECOND-RECORD'));
  expect(await world.poll()).toEqual([]);
  return { ...world, ana, rui, listed };
}

describe('a parked pair goes on', () => {
  test('when the row that has its remote record lets it go', async () => {
    const { poll, rui, ana } = await goingOnAsRuis();
    await unlinkRecord(database.orm.em.fork(), { process: 'CHATWOOT', type: 'Person', key: rui });
    expect(await poll()).toContain('applied');
    expect(await recordOf('47')).toBeUndefined();
    expect(await keyOf('48')).toBe(ana);
    expect((await database.client.query('SELECT FROM sync_parked_listing')).rowCount).toBe(0);
  });

  test('when EMS changes its row', async () => {
    const { sweep, ana, tell, contact, contentOf } = await goingOnAsRuis();
    await database.ems.update('person', ana, { last_name: 'Sousa' });
    expect(await sweep(ana)).toBe('absorb-first');
    const back = contact('47', contentOf('47'), { emsKey: ana });
    tell('47', { listed: back, fetched: back });
    expect(await sweep(ana)).toBe('absorb-first');
  });

  test('when somebody asks, whatever lists show', async () => {
    const { absorb: ask, ana, tell, contact, poll } = await goingOnAsRuis();
    tell('47', { fetched: contact('47', { name: 'Ana Back' }, { emsKey: ana }) });
    expect(await poll()).toEqual([]);
    expect((await ask(ana)).kind).not.toBe('parked');
  });
});

describe('a listing counts as known', () => {
  test('only once its record was looked at after it: a worker may have died before', async () => {
    const { tell, contact, ana, poll, find } = await goingOnAsRuis(0);
    tell('47', { listed: contact('47', { name: 'Ana Gone Further' }, { emsKey: ana, removed: true }) });
    for (let count = 0; count < 3; count += 1) expect((await find()).pairs).toHaveLength(1);
    expect(await poll()).toEqual(['parked']);
    expect((await find()).pairs).toEqual([]);
  });

  test('not while what is fetched may be older than it', async () => {
    const { tell, contact, ana, poll } = await goingOnAsRuis();
    tell('47', { listed: contact('47', { name: 'Ana Gone Further' }, { emsKey: ana, removed: true }) });
    for (let count = 0; count < 3; count += 1) expect(await poll()).toEqual(['parked']);
    await minuteLater();
    expect(await poll()).toEqual(['parked']);
    expect(await poll()).toEqual([]);
  });

  test('for the reason alone that it was looked at for', async () => {
    const { poll } = await goingOnAsRuis();
    await database.client.query(
      `UPDATE sync_person SET last_error = 'EMS’s row cannot be sent' WHERE remote_id = '47'`,
    );
    expect(await poll()).toEqual(['parked']);
    expect(await poll()).toEqual([]);
  });

  test('under a new key once it was looked at under it', async () => {
    const { poll, withKeys } = await goingOnAsRuis(0);
    const [older, newer] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
    withKeys([newer, older]);
    expect(await poll()).toEqual([]);
    withKeys([newer]);
    expect(await poll()).toContain('parked');
    expect(await poll()).toEqual([]);
  });
});
