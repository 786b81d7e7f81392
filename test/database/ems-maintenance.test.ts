import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findGonePage } from '../../database/detection/find-page.ts';
import type { Detection } from '../../database/detection/due-query.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { entityTable, recordTable } from '../../database/table-names.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let person: string;

beforeEach(async () => {
  database = await migratedDatabase();
  person = await database.ems.person();
  await database.client.query(
    `INSERT INTO sync_person (sync_process, entity_id, entity_key, remote_id, state) VALUES ('MAUTIC', $1, $1, '47', 'IN_SYNC')`,
    [person],
  );
});

afterEach(async () => {
  await database?.close();
});

const EVERYTHING = [...ENTITY_TYPES.map(entityTable), 'conversation_message'].join(', ');

const PERSONS: Detection = {
  process: 'MAUTIC',
  mapping: { type: 'Person', filter: 'true', sources: {}, referencedTypes: [] },
  mappingVersion: '1',
  settleMs: 0,
};

async function records(): Promise<readonly unknown[]> {
  const { rows } = await database.client.query('SELECT entity_id, entity_key, state FROM sync_person');
  return rows;
}

describe("EMS's maintenance works as without us", () => {
  test.each([
    ['TRUNCATE of all tables', `TRUNCATE ${EVERYTHING}`],
    ['TRUNCATE … CASCADE', 'TRUNCATE person CASCADE'],
    ['tables dropped by a restore with --clean', `DROP TABLE ${EVERYTHING}`],
  ])('%s leaves our records', async (_what, statement) => {
    await database.client.query(statement);
    expect(await records()).toEqual([{ entity_id: person, entity_key: person, state: 'IN_SYNC' }]);
  });

  test('and what is gone after it is found, and marked as orphan, by the next sweep', async () => {
    await database.client.query('TRUNCATE person CASCADE');
    const gone = await findGonePage(database.orm.em.fork(), PERSONS, { after: null, limit: 10 });
    expect(gone).toEqual([person]);
    expect(await records()).toEqual([{ entity_id: null, entity_key: person, state: 'IN_SYNC' }]);
  });

  test('no table of ours refers to one of theirs', async () => {
    const { rows } = await database.client.query(
      `SELECT conrelid::regclass::text AS table FROM pg_constraint
       WHERE contype = 'f' AND confrelid = ANY ($1::regclass[]) AND conrelid::regclass::text LIKE 'sync\\_%'`,
      [ENTITY_TYPES.map(entityTable)],
    );
    expect(rows).toEqual([]);
  });

  test('looking for orphans has an index in every table of records', async () => {
    const { rows } = await database.client.query<{ tablename: string }>(
      `SELECT tablename FROM pg_indexes WHERE indexname LIKE '%\\_orphan' ORDER BY tablename`,
    );
    expect(rows.map(({ tablename }) => tablename)).toEqual(
      [...ENTITY_TYPES.map(recordTable), 'sync_conversation_message'].toSorted(),
    );
  });
});
