import { escapeIdentifier, type Client } from 'pg';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { EMS_MIGRATIONS, SYNC_MIGRATIONS } from '../migrations/index.ts';
import { storedModel } from '../model/install-model.ts';
import { VIEW_SCHEMA, type EmsModel } from '../model/ems-model.ts';
import { insertedColumns } from '../model/view-sql.ts';
import { realOid } from '../model/stored-model.ts';
import { entityTable } from '../table-names.ts';
import type { TablePrivileges } from './inbound-privileges.ts';
import type { Program } from './role-names.ts';

export const EMS_TABLES = [...ENTITY_TYPES.map(entityTable), 'conversation_message'];
const MIGRATION_TABLES = [EMS_MIGRATIONS.tableName, SYNC_MIGRATIONS.tableName];

/** Tables that only grow: nothing in them is changed or deleted by a program. */
const INSERT_ONLY = ['sync_erasure'];

/** What the gateway writes. */
const GATEWAY_TABLES = ['sync_alert', 'sync_idempotency', 'sync_webhook'];

/** Values that lost a conflict: only workers and operators open them. */
const SEALED_TABLES = ['sync_conflict'];

/**
 * The texts that a dashboard may read, beside all numbers, times and flags. Everything else could tell about a person: ids
 * at a target, hashes, sealed values, error texts, answers.
 */
const SHOWN_TEXTS =
  'sync_process entity_type state kind outcome reason channel scope name field last_error_class last_error_code code happened waits_for waiting_for mapping_version program_version reissued missing'.split(
    ' ',
  );

/**
 * The columns of EMS's tables that the gateway may read, beside keys: those that decide whether a row belongs on a target
 * and when it changed. No name, no street, no message.
 */
const DECIDING = [
  'id',
  'created_on',
  'modified_on',
  'status',
  'kind',
  'channel',
  'opted_in',
  'email',
  'phone',
  'date_of_birth',
];

export interface Tables {
  /** Our tables, without those of migrations. */
  readonly records: readonly string[];
  readonly history: readonly string[];
  /** Of each of our tables, the columns that a dashboard may read. */
  readonly shown: ReadonlyMap<string, readonly string[]>;
  /** Of each of EMS's tables, the columns that the gateway may read. */
  readonly deciding: ReadonlyMap<string, readonly string[]>;
  /** What inbound work writes in EMS's tables. */
  readonly written: readonly TablePrivileges[];
  /** Sequences that inserts into EMS's tables use. */
  readonly inserting: readonly string[];
  /** Sequences that `check` reads. */
  readonly read: readonly string[];
  /** The schema of our views and those of the tables that they read; empty: EMS's tables have our names. */
  readonly schemas: readonly string[];
}

/** Looks up what the statements of {@link grantsTo} need. */
export async function readTables(client: Client, privileges: readonly TablePrivileges[]): Promise<Tables> {
  const shown = await shownColumns(client);
  const ours = [...shown.keys()];
  const model = await storedModel(client);
  const written = withInserted(withVersion(privileges, await versionedTables(client)), model);
  return {
    records: ours.filter((name) => !MIGRATION_TABLES.includes(name)),
    history: ours.filter((name) => MIGRATION_TABLES.includes(name)),
    shown,
    deciding: await decidingColumns(client),
    written,
    inserting: await defaultSequences(
      client,
      written.map(({ table }) => table),
    ),
    read: await namedSequences(client, await defaultSequences(client, EMS_TABLES)),
    schemas:
      model === null
        ? []
        : [...new Set([VIEW_SCHEMA, ...Object.values(model).flatMap((entity) => entity?.schema ?? [])])],
  };
}

/** Revokes everything from the role, then grants what the program needs. */
export function grantsTo(role: string, program: Program, tables: Tables): string[] {
  const { records, history } = tables;
  return [
    `REVOKE ALL ON ${names([...EMS_TABLES, ...records, ...history])} FROM ${role}`,
    `REVOKE ALL ON SEQUENCE ${names(['sync_pass'])} FROM ${role}`,
    ...GRANTS[program](tables).map((grant) => `${grant} TO ${role}`),
    // The views are read with their owner's rights, so no program needs any to EMS's own tables.
    ...tables.schemas.map((schema) => `GRANT USAGE ON SCHEMA ${names([schema])} TO ${role}`),
  ];
}

const GRANTS: Readonly<Record<Program, (tables: Tables) => string[]>> = {
  worker: ({ records, history, written, inserting, read }) => [
    `GRANT SELECT ON ${names([...EMS_TABLES, ...history])}`,
    `GRANT SELECT, INSERT ON ${names(records)}`,
    `GRANT UPDATE, DELETE ON ${names(records.filter((name) => !INSERT_ONLY.includes(name)))}`,
    `GRANT USAGE, SELECT, UPDATE ON SEQUENCE ${names(['sync_pass'])}`,
    ...written.map(
      ({ table, insert, update }) => `GRANT INSERT (${names(insert)}), UPDATE (${names(update)}) ON ${names([table])}`,
    ),
    ...read.map((sequence) => `GRANT SELECT ON SEQUENCE ${sequence}`),
    ...inserting.map((sequence) => `GRANT USAGE ON SEQUENCE ${sequence}`),
  ],
  gateway: ({ records, history, deciding }) => [
    `GRANT SELECT ON ${names(readable(records, history))}`,
    ...[...deciding].map(([table, columns]) => `GRANT SELECT (${names(columns)}) ON ${names([table])}`),
    `GRANT INSERT, UPDATE, DELETE ON ${names(records.filter((name) => GATEWAY_TABLES.includes(name)))}`,
  ],
  listener: ({ records, history }) => [`GRANT SELECT ON ${names([...EMS_TABLES, ...readable(records, history)])}`],
  readonly: ({ shown }) =>
    [...shown].flatMap(([table, columns]) =>
      columns.length === 0 ? [] : [`GRANT SELECT (${names(columns)}) ON ${names([table])}`],
    ),
};

const readable = (records: readonly string[], history: readonly string[]) => [
  ...history,
  ...records.filter((name) => !SEALED_TABLES.includes(name)),
];

const names = (identifiers: readonly string[]) => identifiers.map(escapeIdentifier).join(', ');

/** A JPA `version` is incremented with every change. */
function withVersion(privileges: readonly TablePrivileges[], versioned: ReadonlySet<string>): TablePrivileges[] {
  return privileges.map((one) =>
    versioned.has(one.table) ? { ...one, insert: [...one.insert, 'version'], update: [...one.update, 'version'] } : one,
  );
}

/** What EMS's own columns get in a new row (`onInsert`) is written through the view as well. */
function withInserted(privileges: readonly TablePrivileges[], model: EmsModel | null): TablePrivileges[] {
  return privileges.map((one) => {
    const entity = Object.entries(model ?? {}).find(([type]) => entityTable(type as keyof EmsModel) === one.table)?.[1];
    if (entity === undefined || entity === null) return one;
    return { ...one, insert: [...new Set([...one.insert, ...insertedColumns(entity).map(({ column }) => column)])] };
  });
}

async function versionedTables(client: Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.oid = ANY ($1::regclass[]) AND a.attname = 'version' AND NOT a.attisdropped`,
    [EMS_TABLES],
  );
  return new Set(rows.map(({ name }) => name));
}

async function shownColumns(client: Client): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, coalesce(array_agg(a.attname::text ORDER BY a.attnum)
       FILTER (WHERE t.typcategory IN ('N', 'D', 'B') OR a.attname = ANY ($1)), '{}') AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'sync_pass'::regclass)
       AND c.relkind = 'r' AND c.relname LIKE 'sync\\_%' GROUP BY 1 ORDER BY 1`,
    [SHOWN_TEXTS],
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

async function decidingColumns(client: Client): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT t.name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM unnest($1::text[]) AS t(name) JOIN pg_attribute a ON a.attrelid = t.name::regclass
     WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.attname = ANY ($2) OR a.attname LIKE '%\\_id')
     GROUP BY 1 ORDER BY 1`,
    [EMS_TABLES, DECIDING],
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

/**
 * If EMS's ids come from a sequence by default, inserting requires the right to use it; an identity column does not.
 */
async function defaultSequences(client: Client, tables: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT s.oid::regclass::text AS name FROM pg_attrdef d
     JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
     JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
     JOIN unnest($1::text[]) AS t(name) ON d.adrelid IN (to_regclass(t.name), ${realOid('t.name')}) ORDER BY 1`,
    [tables],
  );
  return rows.map(({ name }) => name);
}

/** `check` compares sequences with the assigned ids: sequences of an identity, of a default, or named as JPA does. */
async function namedSequences(client: Client, others: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT named.oid::text AS name FROM unnest($1::text[]) AS t(name), LATERAL (VALUES
       (CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = t.name::regclass AND attname = 'id' AND NOT attisdropped)
         THEN (SELECT s.objid::regclass FROM pg_depend s WHERE s.classid = 'pg_class'::regclass
           AND s.refclassid = 'pg_class'::regclass AND s.refobjid = ${realOid('t.name')} AND s.deptype IN ('a', 'i')
           AND EXISTS (SELECT FROM pg_class WHERE oid = s.objid AND relkind = 'S') LIMIT 1) END),
       (to_regclass(t.name || '_seq')), (to_regclass(t.name || '_id_seq')), (to_regclass('hibernate_sequence'))) AS named(oid)
     JOIN pg_class c ON c.oid = named.oid AND c.relkind = 'S' AND pg_has_role(c.relowner, 'USAGE')`,
    [EMS_TABLES],
  );
  return [...new Set([...others, ...rows.map(({ name }) => name)])].toSorted();
}
