import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import type { FoundPage } from '../../activities/find-due.ts';
import { createSyncActivities } from '../../activities/index.ts';
import { record } from '../../activities/record.ts';
import { recordTable } from '../../database/table-names.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { TARGETS } from '../../targets/index.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

// Rows that stand in one another's way at a target, without the target: its answers are given here.

let database: LockedDatabase;

beforeAll(async () => {
  database = await lockedDatabase();
});

afterEach(async () => {
  await database.client.query('TRUNCATE organisation, person, event, race, event_participant, tag CASCADE');
  for (const type of ['Person', 'EventParticipant', 'Tag', 'Race', 'Event'] as const)
    await database.client.query(`TRUNCATE ${recordTable(type)}`);
  await database.client.query('TRUNCATE sync_unique_value');
});

afterAll(async () => {
  await database?.close();
});

/** Confirms what is sent, but for what a test answers itself. */
function workers(own: Partial<RemoteSystem> = {}): Dependencies {
  const remote = {
    send: async ({ key, content }: SendRequest): Promise<SendResult> => ({
      kind: 'sent',
      remoteId: `r${key}`,
      remoteModifiedOn: null,
      stored: content,
    }),
    probe: async () => {},
    ...own,
  } as RemoteSystem;
  return dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    locks: database.locks,
  });
}

async function send(
  context: Dependencies,
  [process, type, key]: readonly [SyncProcessName, EntityType, string],
  { resend = false } = {},
) {
  const delivery = await deliver(context, { process, type, key, attempt: 1, resend });
  await record(context, { process, type, delivery });
  return delivery;
}

async function stateOf(type: EntityType, key: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await database.client.query(`SELECT * FROM ${recordTable(type)} WHERE entity_key = $1`, [key]);
  return rows[0];
}

/** A race of TagServer's with its event, at the target already. */
async function start() {
  const event = await database.ems.event();
  const race = await database.ems.race(event);
  for (const [type, key] of [
    ['Event', event],
    ['Race', race],
  ] as const)
    await there('TAGSERVER', type, key);
  return { event, race };
}

async function there(process: SyncProcessName, type: EntityType, key: string): Promise<void> {
  await database.client.query(
    `INSERT INTO ${recordTable(type)} (sync_process, entity_id, entity_key, remote_id, state)
     VALUES ($1, $2, $2, $3, 'IN_SYNC')`,
    [process, key, key],
  );
}

async function participant({ event, race }: Awaited<ReturnType<typeof start>>, bib: string): Promise<string> {
  const person = await database.ems.person();
  await there('TAGSERVER', 'Person', person);
  return database.ems.participant(event, race, { person_id: person, bib });
}

describe('a value that the target holds to be equal, and EMS does not', () => {
  const cases: [SyncProcessName, EntityType, string, () => Promise<[string, string]>][] = [
    [
      'TAGSERVER',
      'EventParticipant',
      'bib',
      async () => {
        const at = await start();
        return [await participant(at, 'É1'), await participant(at, 'e1')];
      },
    ],
    [
      'CHATWOOT',
      'Person',
      'email',
      async () => [
        await database.ems.person({ email: 'josé@clube.example' }),
        await database.ems.person({ email: 'jose@clube.example' }),
      ],
    ],
  ];

  test.each(cases)(
    '%s: a %s is parked with both ids for its %s, and waits where EMS has changed the other',
    async (process, type, field, make) => {
      const [first, second] = await make();
      expect((await send(workers(), [process, type, first])).kind).toBe('created');
      const answer = { kind: 'blocked', by: [{ type, key: first }], field, reason: `is ${type}/${first}'s` } as const;
      const blocking = workers({ send: async () => answer });

      const parked = await send(blocking, [process, type, second]);
      expect(parked).toMatchObject({ kind: 'parked', field, for: `${type}/${first}` });
      const { last_error: reason } = (await stateOf(type, second)) ?? {};
      expect(reason).toEqual(expect.stringContaining(`change it in ${type}/${first} or in ${type}/${second}`));

      await database.ems.update(type === 'Person' ? 'person' : 'event_participant', first, {
        [field]: field === 'bib' ? '7' : 'other@clube.example',
      });
      const waiting = await send(blocking, [process, type, second]);
      expect(waiting).toMatchObject({ kind: 'blocked', by: [{ type, key: first }], field });
    },
  );
});

describe('a row that cannot be sent itself', () => {
  test.each<['parked' | 'waiting', string, object]>([
    ['parked', '', { code: 'no code' }],
    ['waiting', ' for a row', { event_participant_id: 'other' }],
  ])('and is %s%s is asked to let go of what EMS has given to another', async (kind, _, change) => {
    const at = await start();
    const [wearer, other] = [await participant(at, '1'), await participant(at, '2')];
    await there('TAGSERVER', 'EventParticipant', wearer);
    const [first, second] = [
      await database.ems.tag(wearer, { code: 'ABCD0001' }),
      await database.ems.tag(wearer, { code: 'ABCD0002' }),
    ];
    const released: unknown[] = [];
    const context = workers({
      release: async ({ wanted }) => {
        released.push(...wanted);
        return { kind: 'values' };
      },
    });
    await send(context, ['TAGSERVER', 'Tag', first]);
    const changed = Object.fromEntries(
      Object.entries(change).map(([column, value]) => [column, value === 'other' ? other : value]),
    );
    await database.ems.update('tag', first, { code: 'ABCD0009', ...changed });
    await database.ems.update('tag', second, { code: 'ABCD0001' });
    const by = [{ type: 'Tag', key: first }] as const;
    const blocking = workers({ send: async () => ({ kind: 'blocked', by, field: 'code', reason: "is Tag/1's" }) });
    expect((await send(blocking, ['TAGSERVER', 'Tag', second])).kind).toBe('blocked');

    const delivery = await send(context, ['TAGSERVER', 'Tag', first], { resend: true });
    expect(delivery.kind).toBe(kind);
    expect(released).toEqual([expect.objectContaining({ code: 'ABCD0001' })]);
  });
});

const keeping = () => workers({ remove: async () => ({ dependents: 'TagServer keeps it while others refer to it' }) });

describe('a row that the target keeps because of dependents', () => {
  test('asks those to go first that EMS has deleted, too', async () => {
    const at = await start();
    const gone = await participant(at, '1');
    await send(workers(), ['TAGSERVER', 'EventParticipant', gone]);
    await database.ems.delete('event_participant', gone);
    await database.ems.delete('race', at.race);
    expect(await send(keeping(), ['TAGSERVER', 'Race', at.race])).toMatchObject({
      kind: 'blocked',
      by: expect.arrayContaining([{ type: 'EventParticipant', key: gone }]),
    });
  });

  test('tries again where there are none in EMS', async () => {
    const at = await start();
    await database.ems.delete('race', at.race);
    const attempt = send(keeping(), ['TAGSERVER', 'Race', at.race]);
    await expect(attempt).rejects.toMatchObject({ errorClass: 'transient', code: 'has-dependents' });
  });
});

describe('a contact of a person who shares an address now', () => {
  test.each([
    ['stays if the other one’s is gone: it was merged into this one', false],
    ['goes if the other one’s is there', true],
  ])('%s', async (_, isThere) => {
    const [first, second] = [
      await database.ems.person({ email: 'ana@clube.example' }),
      await database.ems.person({ email: 'eva@clube.example' }),
    ];
    const removed: string[] = [];
    const inbound = {
      overlapMs: 0,
      lag: { listMs: 0, recordMs: 0 },
      fetch: async ({ remoteId }: { remoteId: string }) => (isThere ? { remoteId } : null),
    } as unknown as NonNullable<RemoteSystem['inbound']>;
    const context = workers({
      inbound,
      remove: async ({ key }) => {
        removed.push(key);
      },
    });
    for (const key of [first, second]) await send(workers(), ['CHATWOOT', 'Person', key]);
    await database.ems.update('person', second, { email: 'ana@clube.example' });
    const delivery = await send(context, ['CHATWOOT', 'Person', second]);
    expect(removed).toEqual(isThere ? [second] : []);
    expect(delivery).toMatchObject(
      isThere ? { kind: 'removed' } : { kind: 'blocked', by: [{ type: 'Person', key: first }], field: 'remoteId' },
    );
  });
});

test('of many who share an address, who changes is due and nobody else, until the holder lets go', async () => {
  const context = workers();
  const { findDue } = createSyncActivities(context);
  const due = async () => {
    const page = { process: 'MAUTIC', type: 'Person', after: null, limit: 200 } as const;
    const found: FoundPage = await new MockActivityEnvironment().run(() => findDue(page));
    return { keys: found.keys, looked: found.keys.length + found.touched };
  };
  const people: string[] = [];
  for (let n = 0; n < 6; n += 1)
    people.push(await database.ems.person({ email: 'none@none.example', date_of_birth: `195${n}-01-01` }));
  for (const key of people) await send(context, ['MAUTIC', 'Person', key]);
  const [holder = '', next = '', third = ''] = people;
  expect([(await stateOf('Person', holder))?.['state'], (await stateOf('Person', third))?.['state']]).toEqual([
    'IN_SYNC',
    'SHARED',
  ]);
  expect(await due()).toEqual({ keys: [], looked: 0 });

  await database.ems.update('person', third, { first_name: 'Rui' });
  expect(await due()).toEqual({ keys: [third], looked: 1 });
  await send(context, ['MAUTIC', 'Person', third]);
  await database.ems.update('person', holder, { first_name: 'Eva' });
  expect(await due()).toEqual({ keys: [holder], looked: 1 });
  await send(context, ['MAUTIC', 'Person', holder]);
  await database.ems.update('person', holder, { email: 'holder@clube.example' });
  expect(await due()).toMatchObject({ keys: [holder, next] });
});
