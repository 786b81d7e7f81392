import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import { pairContext, processContext } from '../../activities/context.ts';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { findReferences } from '../../activities/find-references.ts';
import { record } from '../../activities/record.ts';
import { runCommand } from '../../activities/run-command.ts';
import { fingerprintOfRow } from '../../activities/row-identity.ts';
import { loadPair } from '../../database/records/load-pairs.ts';
import { entityTable, recordTable } from '../../database/table-names.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { TARGETS } from '../../targets/index.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

let database: LockedDatabase;

beforeAll(async () => {
  database = await lockedDatabase();
});

afterAll(async () => {
  await database?.close();
});

/** Types whose rows have no identity besides their id: an edit may change all columns. */
const WITHOUT_IDENTITY: ReadonlySet<EntityType> = new Set(['Tag', 'StartGroupParticipant']);

/** All types of all targets that have their own workflows. */
const ALL = TARGETS.flatMap(({ process }) =>
  process.mappings.filter(({ childOf }) => childOf === null).map(({ type }) => [process.name, type] as const),
);
const PAIRS = ALL.filter(([, type]) => !WITHOUT_IDENTITY.has(type));

let sent = 0;

/** A target that records its calls and confirms every send. */
function target(): { readonly remote: RemoteSystem; readonly calls: string[] } {
  const calls: string[] = [];
  const source = new Proxy({}, { get: (_, name) => noted(`inbound.${String(name)}`) });
  function noted(name: string) {
    return async () => {
      calls.push(name);
      if (name !== 'send') return null;
      sent += 1;
      return { kind: 'sent', remoteId: `r${sent}`, remoteModifiedOn: null, stored: {} };
    };
  }
  const parts: Record<string, unknown> = { inbound: source, consent: undefined, bulk: undefined };
  const remote = new Proxy({} as RemoteSystem, {
    get: (_, name) => (name in parts ? parts[String(name)] : noted(String(name))),
  });
  return { remote, calls };
}

function dependencies(remote: RemoteSystem): Dependencies {
  return dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    locks: database.locks,
  });
}

let rows = 0;

/** Creates a row of the type, with the rows that it refers to at any target. */
async function rowOf(type: EntityType): Promise<string> {
  rows += 1;
  const { ems, client } = database;
  const organisation = await ems.organisation({ name: `Club ${rows}`, email: `club${rows}@clube.example` });
  const event = await ems.event({ organisation_id: organisation, name: `Run ${rows}` });
  const race = await ems.race(event, { starts_on: '2027-05-15T07:00:00Z' });
  const group = await ems.startGroup(race);
  const person = await ems.person({ email: `ana${rows}@clube.example`, phone: `+3519123456${10 + rows}` });
  await ems.preference(person, true);
  const participant = await ems.participant(event, race, { person_id: person, registration_no: `R${rows}` });
  const made: Partial<Record<EntityType, string>> = {
    Organisation: organisation,
    Event: event,
    Race: race,
    StartGroup: group,
    Person: person,
    EventParticipant: participant,
    StartGroupParticipant: await ems.startGroupParticipant(group, participant),
    Tag: await ems.tag(participant, { code: `AB${String(rows).padStart(6, '0')}` }),
    Conversation: await ems.insert('conversation', {
      person_id: person,
      channel: 'NOTE',
      subject: `Refund ${rows}`,
      opened_on: `2027-01-01T08:00:${String(rows % 60).padStart(2, '0')}Z`,
    }),
  };
  for (const [referred, key] of Object.entries(made)) {
    if (referred === type) continue;
    for (const { process } of TARGETS) {
      await client.query(
        `INSERT INTO ${recordTable(referred as EntityType)} (sync_process, entity_id, entity_key, remote_id, state)
         VALUES ($1, $2, $2, $3, 'IN_SYNC')`,
        [process.name, key, referred === 'Race' ? `567/${key}` : referred === 'Event' ? `${key}@9` : key],
      );
    }
  }
  const key = made[type];
  if (key === undefined) throw new RangeError(type);
  return key;
}

/** Imitates EMS after a restore: the same id belongs to a row that has nothing in common with the former one. */
async function givenOutAgain(type: EntityType, key: string): Promise<void> {
  const other = await rowOf(type);
  const table = entityTable(type);
  const { rows: columns } = await database.client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_name = $1 AND column_name NOT IN ('id', 'modified_on')`,
    [table],
  );
  const { rows: values } = await database.client.query(`SELECT * FROM ${table} WHERE id = $1`, [other]);
  await database.client.query(`DELETE FROM ${table} WHERE id = $1`, [other]).catch(() => undefined);
  const set = columns.map(({ name }, index) => `${name} = $${index + 2}`).join(', ');
  const unique: Record<string, unknown> = {
    code: `CD${String(rows).padStart(6, '0')}`,
    email: `rui${rows}@other.example`,
  };
  const named: Record<string, unknown> = {
    first_name: 'Rui',
    last_name: 'Melo',
    starts_on: '2028-06-01T09:00:00Z',
    distance_m: 5,
    sequence: 7,
    website: 'https://other.example',
    name: `Other ${rows}`,
    subject: 'Other',
  };
  await database.client.query(`UPDATE ${table} SET ${set}, modified_on = clock_timestamp() WHERE id = $1`, [
    key,
    ...columns.map(({ name }) => ({ ...values[0], ...unique, ...named })[name]),
  ]);
}

const recordOf = async (process: SyncProcessName, type: EntityType, key: string) =>
  (
    await database.client.query(`SELECT * FROM ${recordTable(type)} WHERE sync_process = $1 AND entity_key = $2`, [
      process,
      key,
    ])
  ).rows[0];

/** Creates a pair in sync: delivered, or, if rows only arrive from the target, absorbed. */
async function inStep(
  context: Dependencies,
  { process, type, key }: PairRef,
  calls: readonly string[],
): Promise<string> {
  const delivered = await deliver(context, { process, type, key, attempt: 1, resend: false });
  if (delivered.kind === 'created') {
    expect(calls).toContain('send');
    await record(context, { process, type, delivery: delivered });
  } else {
    expect([process, delivered.kind]).toEqual(['RUNSIGNUP', 'nothing']);
    const pair = pairContext(context, { process, type, key });
    const remoteId = `${key}@9`;
    const fingerprint = fingerprintOfRow(pair, await loadPair(pair.orm, pair.detection, key));
    await database.client.query(
      `INSERT INTO ${recordTable(type)} (sync_process, entity_id, entity_key, remote_id, state, fingerprint)
       VALUES ($1, $2, $2, $3, 'IN_SYNC', $4)`,
      [process, key, remoteId, JSON.stringify(fingerprint)],
    );
  }
  const known = await recordOf(process, type, key);
  expect(known).toMatchObject({ state: 'IN_SYNC', fingerprint: expect.any(Object) });
  return known.remote_id;
}

describe.each(PAIRS)('%s: a %s whose id EMS has given out again', (process, type) => {
  test('is parked, asked for whatever, and nothing is asked of the target', async () => {
    const key = await rowOf(type);
    const input = { process, type, key, attempt: 1, resend: false };
    const { remote, calls } = target();
    const context = dependencies(remote);
    const remoteId = await inStep(context, input, calls);

    await givenOutAgain(type, key);
    calls.length = 0;
    for (const resend of [false, true]) {
      const again = await deliver(context, { ...input, resend });
      expect(again).toMatchObject({ kind: 'parked', reissued: true });
      await record(context, { process, type, delivery: again });
    }
    await absorb(context, { process, type, key });
    expect(calls).toEqual([]);
    const parked = await recordOf(process, type, key);
    expect(parked).toMatchObject({ state: 'PARKED', reissued: 'parked', remote_id: remoteId });
    expect(parked.last_error).toMatch(/^id given out again: /);
    const referring = findReferences(database.orm.em.fork(), processContext(context, { process }), {
      it: { type, remoteId },
    });
    await expect(referring).rejects.toMatchObject({
      code: 'reissued',
      message: expect.stringContaining(`npx ems-sync adopt ${type} ${key}`),
    });

    await runCommand(context, { process, type, key, command: 'adopt' });
    expect(await recordOf(process, type, key)).toMatchObject({ state: 'PENDING', reissued: null, remote_id: remoteId });
  });
});

describe.each(ALL.filter(([, type]) => WITHOUT_IDENTITY.has(type)))('%s: a %s', (process, type) => {
  test('of which EMS has changed everything is sent: its id is all that it is known by', async () => {
    const key = await rowOf(type);
    const input = { process, type, key, attempt: 1, resend: false };
    const { remote, calls } = target();
    const context = dependencies(remote);
    await record(context, { process, type, delivery: await deliver(context, input) });

    await givenOutAgain(type, key);
    calls.length = 0;
    expect(await deliver(context, input)).toMatchObject({ kind: 'updated' });
    expect(calls).toContain('send');
  });
});
