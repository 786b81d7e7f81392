import { escapeIdentifier, type ClientBase } from 'pg';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { createOrm, type Orm } from './orm.ts';

/** A dry run begins without their rows: they hold the past, and no decision reads them. */
const EMPTY = ['sync_conflict', 'sync_change', 'sync_idempotency', 'sync_webhook'];

/** Decisions about one process read the entries of others. */
const OF_ALL_PROCESSES = ['sync_suppression'];

/**
 * A database session for dry runs: the engine's own code runs in it, and nothing of that lasts. Every `sync_*` table is
 * covered by a temporary copy with the process's rows, which PostgreSQL finds first; after that, the session is
 * read-only, so that PostgreSQL itself refuses a write to any other table. Closing it removes the copies.
 *
 * @throws SyncError of class `transient` later, if the session is lost: the copies went with it.
 */
export function createScratchOrm({
  databaseUrl,
  process,
}: {
  readonly databaseUrl: string;
  readonly process: SyncProcessName;
}): Promise<Orm> {
  let isMade = false;
  const prepare = async (connection: ClientBase) => {
    if (isMade) {
      throw new SyncError('transient', 'the connection to PostgreSQL was lost, and the dry run with it: run it again', {
        code: 'session-lost',
      });
    }
    isMade = true;
    await coverTables(connection, process);
  };
  return createOrm({ databaseUrl, poolSize: 1, prepare });
}

interface Table {
  readonly name: string;
  readonly is_of_process: boolean;
  readonly identity: string | null;
}

async function coverTables(connection: ClientBase, process: SyncProcessName): Promise<void> {
  const { rows } = await connection.query<Table>(`
    SELECT c.relname AS name,
      EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'sync_process') AS is_of_process,
      (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attidentity <> '') AS identity
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'sync\\_%'
      AND c.relname NOT LIKE 'sync\\_migration%' AND has_table_privilege(c.oid, 'SELECT')`);
  for (const table of rows) await coverTable(connection, table, process);
  const { rows: tokens } = await connection.query<{ next: string }>(
    'SELECT last_value + 1 AS next FROM public.sync_pass',
  );
  await connection.query(`CREATE TEMPORARY SEQUENCE sync_pass START WITH ${BigInt(tokens[0]?.next ?? 1)}`);
  await connection.query('SET default_transaction_read_only = on');
}

async function coverTable(connection: ClientBase, table: Table, process: SyncProcessName): Promise<void> {
  const name = escapeIdentifier(table.name);
  await connection.query(`CREATE TEMPORARY TABLE ${name} (LIKE public.${name} INCLUDING ALL)`);
  if (EMPTY.includes(table.name)) return;
  const isFiltered = table.is_of_process && !OF_ALL_PROCESSES.includes(table.name);
  await connection.query(
    `INSERT INTO pg_temp.${name} OVERRIDING SYSTEM VALUE SELECT * FROM public.${name}${isFiltered ? ' WHERE sync_process = $1' : ''}`,
    isFiltered ? [process] : [],
  );
  if (table.identity !== null) {
    const column = escapeIdentifier(table.identity);
    const { rows } = await connection.query<{ next: string }>(
      `SELECT coalesce(max(${column}), 0) + 1 AS next FROM pg_temp.${name}`,
    );
    await connection.query(
      `ALTER TABLE pg_temp.${name} ALTER COLUMN ${column} RESTART WITH ${BigInt(rows[0]?.next ?? 1)}`,
    );
  }
  // PostgreSQL does not do this by itself for temporary tables.
  await connection.query(`ANALYZE pg_temp.${name}`);
}
