import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installIndexes } from '../../../database/detection/install-indexes.ts';
import { findMissingColumns, formatMissing } from '../../../database/ems-shape.ts';
import { isBehind, readEmsSequence } from '../../../database/ems-sequences.ts';
import { migrate } from '../../../database/migrate.ts';
import { assertModel } from '../../../database/model/assert-model.ts';
import { parseModel, readModelFile } from '../../../database/model/read-model.ts';
import { createOrm } from '../../../database/orm.ts';
import { insertEmsRow, updateEmsRow } from '../../../database/records/write-ems-row.ts';
import { loadEnds } from '../../../database/records/load-pairs.ts';
import { SettingsError } from '../../../settings/settings-error.ts';
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
      await ems.client.query(`DROP OWNED BY ${escapedRole(login.url)}`);
      await login.drop(ems.url);
    }
  });
});

const escapedRole = (url: string) => `"${new URL(url).username}"`;

test('indexes are made on EMS’s own tables, under its own names, once', async () => {
  expect(await installIndexes(ems.url)).toContain('event_participant');
  expect(await installIndexes(ems.url)).toEqual([]);
  const { rows } = await ems.client.query(
    `SELECT indexdef FROM pg_indexes WHERE schemaname = 'registry' AND indexname = 'person_modified_on'`,
  );
  expect(rows).toEqual([{ indexdef: expect.stringContaining('registry."Person" USING btree ("lastModifiedDate")') }]);
});

test('an entity that the file leaves out is missing, though there is another table of its name', async () => {
  const text = `naming: camelCase
entities: { Race: { table: registry.Race, columns: { modified_on: lastModifiedDate } } }`;
  await migrate({ databaseUrl: ems.url, withEms: false, model: parseModel(text, 'm.yaml') });
  try {
    const em = ems.orm.em.fork();
    const missing = await findMissingColumns(em, ['Person', 'Event', 'Race']);
    expect(missing.map(formatMissing)).toEqual(['person', 'event']);
    expect(await em.execute('SELECT * FROM event')).toEqual([]);
  } finally {
    await migrate({ databaseUrl: ems.url, withEms: false, model: readModelFile(MODEL_FILE) });
  }
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
