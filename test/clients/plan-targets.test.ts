import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Dependencies } from '../../activities/dependencies.ts';
import { compareProcess } from '../../clients/dry-run/compare-process.ts';
import { planProcess } from '../../clients/dry-run/plan-process.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { engineSettings } from '../../settings/engine-settings.ts';
import { readSettings, type Settings } from '../../settings/read-settings.ts';
import type { ControlClient } from '../../simulators/kit/control-client.ts';
import type { DifferingRecord } from '../../sync/compared-record.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { PlannedChange } from '../../sync/planned-change.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { sweepInProcess } from '../activities/sweep-in-process.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { settingsOf, startSimulators, type Simulators } from '../flows/simulators.ts';

const TARGETS = ['MAUTIC', 'MAILCHIMP', 'CHATWOOT', 'RUNSIGNUP'] as const;

let database: MigratedDatabase;
let simulators: Simulators;
let settings: Settings;
let locks: AdvisoryLocks;
let dependencies: Dependencies;

beforeAll(async () => {
  database = await migratedDatabase();
  simulators = await startSimulators(TARGETS);
  settings = readSettings({
    ...settingsOf(simulators),
    DATABASE_URL: database.url,
    SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
    SETTLE_MS: '0',
    ALLOW_INSECURE: 'true',
  });
  locks = new AdvisoryLocks(database.url);
  const { keys, consentPolicy } = engineSettings(settings.common);
  dependencies = {
    ...engineSettings(settings.common),
    orm: database.orm,
    locks,
    assertOwnAccount: async () => {},
    processes: new Map(
      settings.enabled.map(({ target, settings: own }) => [
        target.process.name,
        { process: target.process, remote: target.connect(own, unlimitedConnections(consentPolicy, keys)) },
      ]),
    ),
  };
});

afterAll(async () => {
  await locks?.close();
  for (const simulator of Object.values(simulators ?? {})) await simulator?.stop();
  await database?.close();
});

/** What the database holds of EMS and of ours. */
async function everything(): Promise<unknown> {
  const { rows } = await database.client.query(
    `SELECT c.relname, query_to_xml('SELECT * FROM public.' || c.relname || ' ORDER BY 1, 2', true, true, '')::text AS rows
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S') ORDER BY 1`,
  );
  return rows;
}

const journals = async () => {
  const all: string[] = [];
  for (const { control } of Object.values(simulators) as readonly { control: ControlClient<never> }[])
    all.push(...(await control.journal({ writesOnly: true })).map(({ method, path }) => `${method} ${path}`));
  return all;
};

/** The plan of a process; it must leave everything as it was. */
async function planOf(name: SyncProcessName, types?: readonly EntityType[]) {
  const enabled = settings.enabled.find(({ target }) => target.process.name === name);
  if (enabled === undefined) throw new Error(`${name} is off`);
  const before = [await everything(), await journals()];
  const changes: PlannedChange[] = [];
  const plan = await planProcess({
    common: settings.common,
    enabled,
    ...(types === undefined ? {} : { types }),
    onChange: (change) => {
      changes.push(change);
    },
  });
  expect([await everything(), await journals()]).toEqual(before);
  return { ...plan, changes };
}

/** What compares otherwise than EMS has it. */
async function differingAt(name: SyncProcessName): Promise<DifferingRecord[]> {
  const enabled = settings.enabled.find(({ target }) => target.process.name === name);
  if (enabled === undefined) throw new Error(`${name} is off`);
  const differing: DifferingRecord[] = [];
  await compareProcess({
    common: settings.common,
    enabled,
    types: ['Person'],
    from: null,
    onPage: ({ differing: found }) => {
      differing.push(...found);
    },
  });
  return differing;
}

/** Without what is extra: contacts of the tests before. */
const ofOurs = async (name: SyncProcessName) =>
  (await differingAt(name)).filter(({ difference }) => difference !== 'extra');

const inShort = (changes: readonly PlannedChange[]) =>
  changes.map(({ direction, action, type, id }) => `${direction} ${action} ${type}/${id}`);

let people = 0;

async function person(values: Readonly<Record<string, unknown>> = {}): Promise<string> {
  people += 1;
  const email = `ana${people}@clube.example`;
  return database.ems.person({ email, first_name: 'Ana', last_name: `Silva ${people}`, country: 'PT', ...values });
}

async function clear(): Promise<void> {
  await database.client.query('TRUNCATE person, contact_preference, sync_person, sync_contact_preference CASCADE');
}

describe.each(['MAUTIC', 'MAILCHIMP'] as const)('a plan of %s', (name) => {
  const field = name === 'MAUTIC' ? 'lastname' : 'LNAME';
  const born = name === 'MAUTIC' ? 'ems_birth_date' : 'BDATE';

  test('tells creates, changes with what the target holds, suppressions and parkings, and nothing once they are done', async () => {
    await clear();
    const [one, other, out] = [await person(), await person({ first_name: 'Bia' }), await person()];
    await database.ems.preference(one, true);
    await database.ems.preference(other, true);
    await database.ems.preference(out, true);
    expect(inShort((await planOf(name)).changes)).toEqual([
      `outbound create Person/${one}`,
      `outbound create Person/${other}`,
      `outbound create Person/${out}`,
    ]);
    await sweepInProcess(dependencies, name);
    expect((await planOf(name)).changes).toEqual([]);
    expect(await differingAt(name)).toEqual([]);

    await database.ems.update('person', one, { last_name: 'Costa', date_of_birth: '1990-02-03' });
    await database.ems.update('person', other, { email: 'no address' });
    const { changes, counts } = await planOf(name);
    expect(counts).toMatchObject({ Person: { change: 1, park: 1 } });
    const changed = changes.find(({ id }) => id === one);
    expect(changed).toMatchObject({ direction: 'outbound', action: 'change' });
    expect(changed?.fields).toContainEqual({ field, before: expect.stringMatching(/^Silva/), after: 'Costa' });
    expect(changed?.fields?.map((each) => each.field).toSorted()).toEqual([field, born].toSorted());
    expect(changes.find(({ id }) => id === other)).toMatchObject({
      action: 'park',
      reason: expect.stringMatching(/^email: /),
    });
    await sweepInProcess(dependencies, name);
    await database.client.query('DELETE FROM contact_preference WHERE person_id = $1', [out]);
    await database.ems.delete('person', out);
    expect(inShort((await planOf(name)).changes)).toEqual([`outbound delete Person/${out}`]);
  });

  test('tells what a poll would take over: a refusal at the target', async () => {
    await clear();
    const one = await person();
    await database.ems.preference(one, true);
    await sweepInProcess(dependencies, name);
    const { rows } = await database.client.query('SELECT remote_id FROM sync_person WHERE sync_process = $1', [name]);
    if (name === 'MAUTIC') {
      await simulators.MAUTIC?.control.backdoor({ do: 'unsubscribe', contact: Number(rows[0].remote_id) });
    } else {
      await simulators.MAILCHIMP?.control.backdoor({ do: 'unsubscribe', member: rows[0].remote_id });
    }
    const { changes } = await planOf(name);
    expect(changes).toMatchObject([
      { direction: 'inbound', action: 'suppress', type: 'Person', id: one, reason: expect.stringMatching(/^email/) },
      { direction: 'outbound', action: 'suppress', type: 'Person', id: one },
    ]);
  });
});

test('a comparison finds what staff has changed or deleted at Mautic and MailChimp', async () => {
  await clear();
  const [one, other] = [await person(), await person()];
  for (const each of [one, other]) await database.ems.preference(each, true);
  for (const name of ['MAUTIC', 'MAILCHIMP'] as const) await sweepInProcess(dependencies, name);
  const { rows } = await database.client.query<{ process: SyncProcessName; key: string; remote: string }>(
    'SELECT sync_process AS process, entity_key AS key, remote_id AS remote FROM sync_person',
  );
  const at = (process: SyncProcessName, key: string) =>
    rows.find((row) => row.process === process && row.key === key)?.remote ?? '';
  const [mautic, mailchimp] = [simulators.MAUTIC?.control, simulators.MAILCHIMP?.control];
  await mautic?.backdoor({ do: 'edit-contact', contact: Number(at('MAUTIC', one)), set: { lastname: 'Other' } });
  await mautic?.backdoor({ do: 'delete-contact', contact: Number(at('MAUTIC', other)) });
  await mailchimp?.backdoor({
    do: 'edit-member',
    member: at('MAILCHIMP', one),
    set: { merge_fields: { LNAME: 'Other' } },
  });
  await mailchimp?.backdoor({ do: 'delete-permanent', member: at('MAILCHIMP', other) });
  expect(await ofOurs('MAUTIC')).toEqual([
    { type: 'Person', key: one, difference: 'different', fields: ['lastname'] },
    { type: 'Person', key: other, difference: 'missing' },
  ]);
  expect(await ofOurs('MAILCHIMP')).toEqual([
    { type: 'Person', key: one, difference: 'different', fields: ['LNAME'] },
    { type: 'Person', key: other, difference: 'missing' },
  ]);
});

test('a MailChimp audience that is emptied takes nothing from EMS, and nobody is made anew: a comparison names all', async () => {
  await clear();
  const people = [await person(), await person(), await person()];
  for (const each of people) await database.ems.preference(each, true);
  await sweepInProcess(dependencies, 'MAILCHIMP');
  const { rows } = await database.client.query<{ remote_id: string }>('SELECT remote_id FROM sync_person');
  for (const { remote_id: member } of rows)
    await simulators.MAILCHIMP?.control.backdoor({ do: 'delete-permanent', member });
  expect((await planOf('MAILCHIMP')).changes).toEqual([]);
  expect(await ofOurs('MAILCHIMP')).toEqual(people.map((key) => ({ type: 'Person', key, difference: 'missing' })));
});

describe('a plan of CHATWOOT', () => {
  test('tells what goes there, what comes into EMS, and what an unknown contact becomes', async () => {
    await clear();
    const one = await person();
    expect(inShort((await planOf('CHATWOOT')).changes)).toContain(`outbound create Person/${one}`);
    await sweepInProcess(dependencies, 'CHATWOOT');
    expect((await planOf('CHATWOOT')).changes).toEqual([]);
    expect(await differingAt('CHATWOOT')).toEqual([]);
    const { rows } = await database.client.query(`SELECT remote_id FROM sync_person WHERE sync_process = 'CHATWOOT'`);
    const contact = Number(rows[0].remote_id);
    await simulators.CHATWOOT?.control.backdoor({ do: 'edit-contact', contact, set: { email: 'new@clube.example' } });
    await simulators.CHATWOOT?.control.backdoor({
      do: 'create-contact',
      set: { name: 'Caio Souza', email: 'caio@clube.example' },
    });
    expect(await differingAt('CHATWOOT')).toEqual([
      { type: 'Person', key: one, difference: 'different', fields: ['email'] },
    ]);
    const { changes } = await planOf('CHATWOOT');
    expect(changes).toMatchObject([
      {
        direction: 'inbound',
        action: 'change',
        type: 'Person',
        id: one,
        fields: [{ field: 'email', before: expect.stringMatching(/^ana/), after: 'new@clube.example' }],
      },
      { direction: 'inbound', action: 'create', type: 'Person', id: null, remoteId: '2' },
      {
        direction: 'outbound',
        action: 'change',
        type: 'Person',
        id: null,
        fields: [{ field: 'ems_person_id', before: null, after: 'its new id' }],
      },
    ]);
    expect(changes[1]?.fields).toContainEqual({ field: 'email', after: 'caio@clube.example' });
  });
});

describe('a plan of RUNSIGNUP', () => {
  test('tells the rows that registrations would become', async () => {
    await clear();
    const control = simulators.RUNSIGNUP?.control;
    if (control === undefined) throw new Error('no RunSignup');
    const { raceId, eventIds } = await control.backdoor({
      do: 'create-race',
      race: { name: 'Harbour Weekend', timezone: 'America/New_York' },
      events: [{ name: '10K', start: '2099-06-07T08:30', distance: '10K' }],
    });
    const event = await database.ems.event({ name: 'Harbour Weekend', time_zone: 'America/New_York' });
    const race = await database.ems.race(event, { name: '10K' });
    await database.client.query(
      `INSERT INTO sync_event (sync_process, entity_id, entity_key, remote_id, state) VALUES ('RUNSIGNUP', $1, $1, $2, 'PENDING')`,
      [event, `${raceId}@9001`],
    );
    await database.client.query(
      `INSERT INTO sync_race (sync_process, entity_id, entity_key, remote_id, state) VALUES ('RUNSIGNUP', $1, $1, $2, 'PENDING')`,
      [race, `${raceId}/${eventIds[0]}`],
    );
    await control.backdoor({
      do: 'register',
      eventId: eventIds[0] ?? 0,
      user: {
        account: false,
        firstName: 'Margie',
        lastName: 'Stephens',
        email: 'margie@clube.example',
        dob: '1986-01-06',
        gender: 'F',
      },
      set: {},
    });
    const { changes } = await planOf('RUNSIGNUP');
    const short = inShort(changes);
    expect(short).toContain('inbound create Person/null');
    expect(short).toContain('inbound create EventParticipant/null');
  });
});
