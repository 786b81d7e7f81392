import { escapeIdentifier, type ClientBase } from 'pg';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { VIEW_SCHEMA } from './model/ems-model.ts';
import { createOrm, type Orm } from './orm.ts';

/** A dry run begins without their rows: they hold the past, and no decision reads them. */
const EMPTY = ['sync_journal', 'sync_conflict', 'sync_change', 'sync_outbox', 'sync_idempotency', 'sync_webhook'];

/** Decisions about one process read the entries of others. */
const OF_ALL_PROCESSES = ['sync_suppression'];

export interface ScratchOptions {
  readonly databaseUrl: string;
  readonly process: SyncProcessName;
  /** Tables of EMS that are covered as well: what a poll writes. */
  readonly emsTables?: readonly string[];
}

/**
 * A database session for dry runs: the engine's own code runs in it, and nothing of that lasts. Every `sync_*` table is
 * covered by a temporary copy with the process's rows, which PostgreSQL finds first; after that, the session is
 * read-only, so that PostgreSQL itself refuses a write to any other table. Closing it removes the copies.
 *
 * @throws SyncError of class `transient` later, if the session is lost: the copies went with it.
 */
export function createScratchOrm({ databaseUrl, process, emsTables = [] }: ScratchOptions): Promise<Orm> {
  let isMade = false;
  const prepare = async (connection: ClientBase) => {
    if (isMade) {
      throw new SyncError('transient', 'the connection to PostgreSQL was lost, and the dry run with it: run it again', {
        code: 'session-lost',
      });
    }
    isMade = true;
    await coverTables(connection, process, emsTables);
  };
  return createOrm({ databaseUrl, poolSize: 1, prepare });
}

interface Table {
  readonly name: string;
  readonly schema: string;
  /** A view of a table that has another name in EMS. */
  readonly is_view: boolean;
  readonly is_of_process: boolean;
  /** Without generated columns. */
  readonly columns: readonly string[];
  /** The column whose numbers the table gives out by itself. */
  readonly numbered: string | null;
  readonly is_identity: boolean;
}

async function coverTables(
  connection: ClientBase,
  process: SyncProcessName,
  emsTables: readonly string[],
): Promise<void> {
  const { rows } = await connection.query<Table>(
    `SELECT c.relname AS name, quote_ident(n.nspname) AS schema, c.relkind = 'v' AS is_view, own.*
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL (
      SELECT coalesce(bool_or(a.attname = 'sync_process'), false) AS is_of_process,
        array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '' AND a.attname <> 'xmin') AS columns,
        max(a.attname) FILTER (WHERE a.attidentity <> '' OR (a.attname = 'id' AND a.atthasdef)) AS numbered,
        coalesce(bool_or(a.attidentity <> ''), false) AS is_identity
      FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) own
    WHERE has_table_privilege(c.oid, 'SELECT')
      AND ((n.nspname = 'public' AND c.relkind = 'r' AND c.relname LIKE 'sync\\_%' AND c.relname NOT LIKE 'sync\\_migration%')
        OR (c.relname = ANY ($1::text[])
          AND n.oid = coalesce(to_regnamespace($2), 'public'::regnamespace)))`,
    [emsTables, VIEW_SCHEMA],
  );
  for (const table of rows) await coverTable(connection, table, process);
  const { rows: tokens } = await connection.query<{ next: string }>(
    'SELECT last_value + 1 AS next FROM public.sync_pass',
  );
  await connection.query(`CREATE TEMPORARY SEQUENCE sync_pass START WITH ${BigInt(tokens[0]?.next ?? 1)}`);
  await connection.query('SET default_transaction_read_only = on');
}

async function coverTable(connection: ClientBase, table: Table, process: SyncProcessName): Promise<void> {
  const name = escapeIdentifier(table.name);
  const columns = table.columns.map(escapeIdentifier).join(', ');
  if (table.is_view) return copyView(connection, name, table);
  await connection.query(`CREATE TEMPORARY TABLE ${name} (LIKE ${table.schema}.${name} INCLUDING ALL)`);
  if (EMPTY.includes(table.name)) return;
  const isFiltered = table.is_of_process && !OF_ALL_PROCESSES.includes(table.name);
  await connection.query(
    `INSERT INTO pg_temp.${name} (${columns}) OVERRIDING SYSTEM VALUE
      SELECT ${columns} FROM ${table.schema}.${name}${isFiltered ? ' WHERE sync_process = $1' : ''}`,
    isFiltered ? [process] : [],
  );
  if (table.numbered !== null) await numberAnew(connection, name, table);
  // PostgreSQL does not do this by itself for temporary tables.
  await connection.query(`ANALYZE pg_temp.${name}`);
}

/** What a view reads has keys and numbers of its own; the copy has the engine's. */
async function copyView(connection: ClientBase, name: string, table: Table): Promise<void> {
  const columns = table.columns.map(escapeIdentifier).join(', ');
  await connection.query(`CREATE TEMPORARY TABLE ${name} AS SELECT ${columns} FROM ${table.schema}.${name}`);
  await connection.query(`ALTER TABLE pg_temp.${name} ADD PRIMARY KEY (id)`);
  await numberAnew(connection, name, { ...table, numbered: 'id', is_identity: false });
  await connection.query(`ANALYZE pg_temp.${name}`);
}

/** A copy must not draw from the sequence of the table itself. */
async function numberAnew(connection: ClientBase, name: string, { numbered, is_identity }: Table): Promise<void> {
  const column = escapeIdentifier(numbered ?? '');
  const { rows } = await connection.query<{ next: string }>(
    `SELECT coalesce(max(${column}), 0) + 1 AS next FROM pg_temp.${name}`,
  );
  const next = BigInt(rows[0]?.next ?? 1);
  if (is_identity) {
    await connection.query(`ALTER TABLE pg_temp.${name} ALTER COLUMN ${column} RESTART WITH ${next}`);
    return;
  }
  const sequence = escapeIdentifier(`scratch_${name.replaceAll('"', '')}`);
  await connection.query(`CREATE TEMPORARY SEQUENCE ${sequence} START WITH ${next}`);
  await connection.query(
    `ALTER TABLE pg_temp.${name} ALTER COLUMN ${column} SET DEFAULT nextval('pg_temp.${sequence}')`,
  );
}
