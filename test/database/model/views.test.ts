import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deletionsSeen } from '../../../database/detection/deletions.ts';
import { installIndexes } from '../../../database/detection/install-indexes.ts';
import { areDeletionsNoted } from '../../../database/detection/outbox.ts';
import { recentKeys } from '../../../database/detection/recent-keys.ts';
import { findMissingColumns, formatMissing } from '../../../database/ems-shape.ts';
import { isBehind, readEmsSequence } from '../../../database/ems-sequences.ts';
import { migrate } from '../../../database/migrate.ts';
import { assertModel } from '../../../database/model/assert-model.ts';
import { parseModel, readModelFile } from '../../../database/model/read-model.ts';
import { tablesWithoutNotify } from '../../../database/notify/install-notify.ts';
import { createOrm } from '../../../database/orm.ts';
import { insertEmsRow, updateEmsRow } from '../../../database/records/write-ems-row.ts';
import { loadEnds } from '../../../database/records/load-pairs.ts';
import { SettingsError } from '../../../settings/settings-error.ts';
import { wantedKeys } from '../../../clients/listener/wanted-keys.ts';
import { chatwoot } from '../../../targets/chatwoot/process.ts';
import { tagServer } from '../../../targets/tagserver/process.ts';
import { limitedLogin } from '../limited-login.ts';
import { PROGRAM_ROLES } from '../../../database/roles/role-names.ts';
import { MODEL_FILE, SecondEms } from '../../second-ems/second-ems.ts';

let ems: SecondEms;

beforeAll(async () => {
  ems = await SecondEms.start();
});

afterAll(async () => {
  await ems?.close();
});

const one = async <T>(statement: string, parameters: unknown[] = []): Promise<T | undefined> =>
  (await ems.client.query(statement, parameters)).rows[0] as T | undefined;

test('rows are read under our names, and those that EMS has marked as deleted are gone', async () => {
  const person = await ems.insert('Person', { givenName: 'Ana', familyName: 'Silva', dateOfBirth: '1988-02-29' });
  const { entity } = await loadEnds(ems.orm, 'TAGSERVER', 'Person', person);
  expect(entity).toMatchObject({ id: person, firstName: 'Ana', lastName: 'Silva' });
  await ems.remove('Person', person);
  expect((await loadEnds(ems.orm, 'TAGSERVER', 'Person', person)).entity).toBeNull();
});

describe('the login of workers, which has no right to any table of EMS,', () => {
  test('adds and changes rows through the views: with a uuid, a version, and not deleted', async () => {
    const login = await limitedLogin(ems.url, PROGRAM_ROLES.worker);
    const orm = await createOrm({ databaseUrl: login.url, poolSize: 1 });
    try {
      const em = orm.em.fork();
      const { key, modifiedOn } = await insertEmsRow(em, 'Person', { firstName: 'Rui', email: 'rui@clube.example' });
      const changed = await updateEmsRow(em, 'Person', key, { readAt: modifiedOn, changes: { lastName: 'Costa' } });
      expect(changed).not.toBeNull();
      expect(await one('SELECT * FROM registry."Person" WHERE "personId" = $1', [key])).toMatchObject({
        givenName: 'Rui',
        familyName: 'Costa',
        optLock: '1',
        isDeleted: false,
        publicId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      await expect(em.execute('SELECT FROM registry."Person"')).rejects.toThrow('permission denied');
      expect(isBehind(await readEmsSequence(em, 'Person'))).toBe(false);
      expect((await readEmsSequence(em, 'Event')).sequence).toBe('registry."Event_id_seq"');
      expect(await findMissingColumns(em, ['Person', 'Event', 'Tag'])).toEqual([]);
    } finally {
      await orm.close();
      await login.drop(ems.url);
    }
  });
});

test('the login of the listener tells a row of EMS’s from one that our own absorption wrote', async () => {
  const person = await ems.insert('Person', { givenName: 'Ivo', emailAddress: 'ivo@clube.example' });
  const absorbed = await ems.insert('Person', { givenName: 'Rita', emailAddress: 'rita@clube.example' });
  await ems.client.query('BEGIN');
  await ems.client.query('UPDATE registry."Person" SET phone = $2 WHERE "personId" = $1', [absorbed, '+351955555555']);
  await ems.client.query(
    `INSERT INTO sync_person (sync_process, entity_key, remote_id, state) VALUES ('CHATWOOT', $1, '7', 'IN_SYNC')`,
    [absorbed],
  );
  await ems.client.query('COMMIT');
  const login = await limitedLogin(ems.url, PROGRAM_ROLES.listener);
  const orm = await createOrm({ databaseUrl: login.url, poolSize: 1 });
  try {
    const mapping = chatwoot.process.mappings.find(({ type }) => type === 'Person')!;
    expect(await wantedKeys(orm, 'CHATWOOT', mapping, [person, absorbed])).toEqual([person]);
  } finally {
    await orm.close();
    await login.drop(ems.url);
  }
});

test('indexes are made on EMS’s own tables, under its own names, once', async () => {
  expect(await installIndexes(ems.url)).toContain('event_participant');
  expect(await installIndexes(ems.url)).toEqual([]);
  const { rows } = await ems.client.query(
    `SELECT indexdef FROM pg_indexes WHERE schemaname = 'registry' AND indexname = 'person_modified_on'`,
  );
  expect(rows).toEqual([{ indexdef: expect.stringContaining('registry."Person" USING btree ("lastModifiedDate")') }]);
});

test('an entity that the file leaves out is missing, though there is another table of its name; one that EMS has none of is empty', async () => {
  const text = `naming: camelCase
entities: { Race: { table: registry.Race, columns: { modified_on: lastModifiedDate } }, Tag: null }`;
  await migrate({ databaseUrl: ems.url, withEms: false, model: parseModel(text, 'm.yaml') });
  try {
    const em = ems.orm.em.fork();
    const missing = await findMissingColumns(em, ['Person', 'Event', 'Race', 'Tag']);
    expect(missing.map(formatMissing)).toEqual(['person', 'event']);
    expect(await em.execute('SELECT * FROM tag')).toEqual([]);
    expect(await em.execute('SELECT * FROM event')).toEqual([]);
    // Rows of Race are really deleted, so PostgreSQL's counter shows it.
    expect(await deletionsSeen(em, 'Race')).not.toBeNull();
  } finally {
    await migrate({ databaseUrl: ems.url, withEms: false, model: readModelFile(MODEL_FILE) });
  }
});

describe('with triggers on EMS’s own tables,', () => {
  const told: string[] = [];
  let person: string;
  let entry: string;
  let since: string;

  beforeAll(async () => {
    await migrate({ databaseUrl: ems.url, withEms: false, notify: true });
    ems.client.on('notification', ({ payload = '' }) => told.push(payload));
    await ems.client.query('LISTEN ems_sync');
    const event = await ems.insert('Event', { name: 'Harbour Marathon' });
    const race = await ems.insert('Race', { eventId: event });
    person = await ems.insert('Person', { familyName: 'Silva', emailAddress: 'ana@clube.example' });
    entry = await ems.insert('EventParticipant', { eventId: event, raceId: race, personId: person });
    // Everything so far was long ago.
    for (const table of ['Person', 'Event', 'Race', 'EventParticipant'])
      await ems.client.query(`UPDATE registry."${table}" SET "lastModifiedDate" = '2020-01-01T00:00:00Z'`);
  });

  afterAll(async () => {
    await migrate({ databaseUrl: ems.url, withEms: false, notify: false });
  });

  /** Persons of TagServer whom an everyday sweep looks at. */
  const found = () => {
    const mapping = tagServer.process.mappings.find(({ type }) => type === 'Person')!;
    const detection = { process: 'TAGSERVER' as const, mapping, mappingVersion: mapping.version, settleMs: 0 };
    return recentKeys(ems.orm.em.fork(), detection, since, { after: null, limit: 100 });
  };

  test('each has them, and says our name of what has changed', async () => {
    expect(await tablesWithoutNotify(ems.client)).toEqual([]);
    told.length = 0;
    await ems.client.query('UPDATE registry."Person" SET "familyName" = $2 WHERE "personId" = $1', [person, 'Costa']);
    await ems.insert('ContactPreference', { personId: person, channel: 'EMAIL' });
    await ems.client.query('SELECT');
    expect(told).toEqual([`person ${person}`, `person ${person}`]);
  });

  test('a row that is marked as deleted is noted as deleted, with those that it refers to', async () => {
    const em = ems.orm.em.fork();
    expect(await deletionsSeen(em, 'EventParticipant')).toBeNull();
    expect(await areDeletionsNoted(em, 'event_participant')).toBe(true);
    await ems.client.query('TRUNCATE sync_outbox');
    since = await ems.now();
    expect(await found()).toEqual([]);
    await ems.remove('EventParticipant', entry);
    expect(await found()).toEqual([person]);
    await ems.remove('EventParticipant', entry);
    const { rows } = await ems.client.query("SELECT ids FROM sync_outbox WHERE source = 'event_participant'");
    expect(rows).toEqual([{ ids: expect.objectContaining({ id: Number(entry), person_id: Number(person) }) }]);
  });

  test('they follow a change of the model', async () => {
    const text = readFileSync(MODEL_FILE, 'utf8').replace(
      'deleted: { column: isDeleted, equals: true }\n    idSeq',
      'idSeq',
    );
    expect(await migrate({ databaseUrl: ems.url, withEms: false, model: parseModel(text, 'm.yaml') })).toEqual([
      'ems-model',
    ]);
    await ems.client.query('TRUNCATE sync_outbox');
    const other = await ems.insert('Person', { familyName: 'Pires' });
    // Marked, and yet there: to this model it is no deletion.
    await ems.remove('Person', other);
    expect((await ems.client.query('SELECT FROM sync_outbox')).rows).toEqual([]);
    await migrate({ databaseUrl: ems.url, withEms: false, model: readModelFile(MODEL_FILE) });
    await ems.remove('Person', person);
    expect((await ems.client.query('SELECT source FROM sync_outbox')).rows).toEqual([{ source: 'person' }]);
  });
});

test('migrate has nothing to do twice; programs with another model do not start', async () => {
  const model = readModelFile(MODEL_FILE);
  expect(await migrate({ databaseUrl: ems.url, withEms: false, model })).toEqual([]);
  expect(await migrate({ databaseUrl: ems.url, withEms: false })).toEqual([]);
  await expect(assertModel(ems.orm.em.fork(), MODEL_FILE)).resolves.toBeUndefined();
  await ems.client.query(`COMMENT ON SCHEMA sync_ems IS 'ems-sync: {}'`);
  await expect(assertModel(ems.orm.em.fork(), MODEL_FILE)).rejects.toThrow('Run: npx ems-sync migrate');
  expect(await migrate({ databaseUrl: ems.url, withEms: false, model })).toEqual(['ems-model']);
});

test('what does not fit the database is told by line, entity and column, and nothing is changed', async () => {
  const text = `naming: camelCase
entities:
  Person:
    table: registry.person
  Race:
    table: registry.Race
    columns:
      id: publicId
      modified_on: lastModified
      currency: distanceM
      distance_m: null
    deleted: { column: removed, equals: true }
    onInsert: { uuid: { generate: uuid } }
`;
  const failure = migrate({ databaseUrl: ems.url, withEms: false, model: parseModel(text, 'm.yaml') });
  const error = await failure.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SettingsError);
  expect((error as SettingsError).problems).toEqual([
    'm.yaml, line 3: Person: there is no table registry.person in this database; there is public.person',
    'm.yaml, line 8: Race.id: registry.Race.publicId is uuid, and must be bigint; name another column, or change it in EMS',
    expect.stringMatching(
      /^m\.yaml, line 9: Race\.modified_on: registry\.Race has no column lastModified\. It has: id, /,
    ),
    'm.yaml, line 10: Race.currency: registry.Race.distanceM is integer, and must be text; name another column, or currency: null',
    expect.stringMatching(/^m\.yaml, line 5: Race\.deleted: registry\.Race has no column removed\. /),
    expect.stringMatching(/^m\.yaml, line 5: Race\.onInsert: registry\.Race has no column uuid\. /),
  ]);
  await expect(assertModel(ems.orm.em.fork(), MODEL_FILE)).resolves.toBeUndefined();
});
