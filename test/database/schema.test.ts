import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConversationMessageEntity, EMS_ENTITIES } from '../../database/entities/index.ts';
import { migrate } from '../../database/migrate.ts';
import { recordTable } from '../../database/table-names.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { freshDatabase } from '../simulators/fresh-database.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(async () => {
  await database?.close();
});

interface Column {
  readonly type: string;
  readonly nullable: boolean;
}

async function columnsOf(table: string): Promise<Record<string, Column>> {
  const { rows } = await database.client.query(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS nullable
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  return Object.fromEntries(rows.map(({ name, type, nullable }) => [name, { type, nullable }]));
}

/** The exact columns that the contract with operators and external checks names (ems-model.md). */
const RECORD_COLUMNS: Record<string, string> = {
  id: 'bigint',
  sync_process: 'text',
  entity_id: 'bigint',
  entity_key: 'bigint',
  entity_synced_on: 'timestamp(6) with time zone',
  evaluated_on: 'timestamp(6) with time zone',
  mapping_version: 'text',
  waiting_for: 'text',
  shared_with: 'bigint',
  sources_version: 'text',
  pass: 'bigint',
  remote_synced_on: 'timestamp(6) with time zone',
  remote_confirmed_on: 'timestamp(6) with time zone',
  reissued: 'text',
  remote_id: 'text',
  base: 'jsonb',
  content_hash: 'text',
  state: 'text',
  last_error_class: 'text',
  last_error_code: 'text',
  last_error: 'text',
  attempts: 'integer',
  failing_since: 'timestamp(6) with time zone',
  program_version: 'text',
  fingerprint: 'jsonb',
  workflow_id: 'text',
  updated_on: 'timestamp(6) with time zone',
};

describe('schema', () => {
  test.each(ENTITY_TYPES.map(recordTable))('%s has the columns of the contract', async (table) => {
    const columns = await columnsOf(table);
    expect(Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]))).toEqual(RECORD_COLUMNS);
  });

  test.each(ENTITY_TYPES.map(recordTable))(
    '%s has no foreign key: EMS truncates, drops and restores its tables as without us',
    async (table) => {
      const { rows } = await database.client.query(
        `SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'f'`,
        [table],
      );
      expect(rows).toEqual([]);
    },
  );

  test('every mapped property of every entity is a column, and every column is mapped', async () => {
    for (const entity of [...Object.values(EMS_ENTITIES), ConversationMessageEntity]) {
      const { tableName, properties } = database.orm.getMetadata(entity.meta.class);
      const mapped = Object.values(properties as Record<string, { fieldNames: string[] }>).flatMap(
        ({ fieldNames }) => fieldNames,
      );
      expect([tableName, mapped.toSorted()]).toEqual([tableName, Object.keys(await columnsOf(tableName)).toSorted()]);
    }
  });

  test('EMS tables may have nulls everywhere but in id, modified_on and the references to parents', async () => {
    const required: Record<string, string[]> = {
      organisation: [],
      person: [],
      contact_preference: ['person_id'],
      event: [],
      race: ['event_id'],
      start_group: ['race_id'],
      event_participant: ['event_id', 'race_id', 'person_id'],
      start_group_participant: ['start_group_id', 'event_participant_id'],
      tag: [],
      conversation: ['person_id'],
      conversation_message: ['conversation_id'],
    };
    for (const [table, parents] of Object.entries(required)) {
      const columns = Object.entries(await columnsOf(table));
      const notNull = columns.filter(([, { nullable }]) => !nullable).map(([name]) => name);
      expect([table, notNull.toSorted()]).toEqual([table, ['id', 'modified_on', ...parents].toSorted()]);
    }
  });
});

describe('migrate', () => {
  test('runs each migration once', async () => {
    expect(await migrate({ databaseUrl: database.url, withEms: true })).toEqual([]);
  });

  test("without EMS's tables it says what to do, and makes nothing", async () => {
    const empty = await freshDatabase();
    try {
      await expect(migrate({ databaseUrl: empty.url, withEms: false })).rejects.toThrow('migrate --with-ems');
    } finally {
      await empty.drop();
    }
  });

  test("EMS's own tables, with a column that we do not know, are left as they are", async () => {
    const own = await freshDatabase();
    try {
      const before = await migrate({ databaseUrl: own.url, withEms: true });
      expect(before[0]).toBe('ems-0001-tables');
      const { Client } = await import('pg');
      const client = new Client({ connectionString: own.url });
      await client.connect();
      await client.query('ALTER TABLE person ADD COLUMN version bigint NOT NULL DEFAULT 0');
      await client.query('DROP TABLE sync_migration_ems');
      const definition = `SELECT string_agg(attname || format_type(atttypid, atttypmod), ',' ORDER BY attnum) AS d
                          FROM pg_attribute WHERE attrelid = 'person'::regclass`;
      const { rows: earlier } = await client.query(definition);
      expect(await migrate({ databaseUrl: own.url, withEms: false })).toEqual([]);
      expect((await client.query(definition)).rows).toEqual(earlier);
      await client.end();
    } finally {
      await own.drop();
    }
  });
});
