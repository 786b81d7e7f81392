import { Client, escapeIdentifier } from 'pg';
import type { ClientBase } from 'pg';

import type { Federation } from './generate-federation.ts';
import { tableOrder } from './rows.ts';
import type { TableName } from './rows.ts';

/** The sample cannot be loaded into the EMS tables; the message says why and what to do. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly code: 'NO_TABLES' | 'NOT_EMPTY';

  constructor(code: LoadError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Rows per statement: large enough to be fast, small enough for any server's memory. */
const CHUNK = 5000;

async function insertRows(client: ClientBase, table: TableName, rows: readonly object[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first)
    .map((column) => escapeIdentifier(column))
    .join(', ');
  const name = escapeIdentifier(table);
  for (let start = 0; start < rows.length; start += CHUNK) {
    // The table's row type tells PostgreSQL how to parse each value, so microseconds and bigints stay exact.
    await client.query(
      `INSERT INTO ${name} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${name}, $1::json)`,
      [JSON.stringify(rows.slice(start, start + CHUNK))],
    );
  }
  await client.query(
    `SELECT setval(sequence, greatest((SELECT max(id) FROM ${name}), nextval(sequence)))
       FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS sequence) AS s WHERE sequence IS NOT NULL`,
    [table],
  );
}

/**
 * Whether the EMS tables hold no organisation, no person and no event.
 *
 * @throws LoadError `NO_TABLES` if they do not exist.
 */
export async function isEmptyEms(client: ClientBase): Promise<boolean> {
  const tables = await client.query<{ missing: string[] | null }>(
    `SELECT array_agg(t) AS missing FROM unnest($1::text[]) AS t WHERE to_regclass(t) IS NULL`,
    [tableOrder],
  );
  const missing = tables.rows[0]?.missing;
  if (missing) {
    throw new LoadError(
      'NO_TABLES',
      `The database lacks the EMS tables ${missing.join(', ')}: create them first (ems-sync migrate --with-ems).`,
    );
  }
  const held = await client.query(
    `SELECT 1 WHERE EXISTS (SELECT FROM organisation) OR EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM event)`,
  );
  return held.rows.length === 0;
}

/** Loads over the caller's connection, which must not be in a transaction. All or nothing. */
async function loadThrough(client: ClientBase, { tables }: Federation): Promise<void> {
  if (!(await isEmptyEms(client))) {
    throw new LoadError('NOT_EMPTY', 'The EMS tables hold rows already: load the sample into an empty database.');
  }
  await client.query('BEGIN');
  try {
    for (const table of tableOrder) await insertRows(client, table, tables[table]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Opens a connection, runs the work on it and closes it. */
export async function withConnection<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  // The next statement reports the lost connection; without a listener the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Inserts a federation with its own ids and `modified_on` into empty EMS tables, and advances the identity sequences
 * past those ids. One transaction; 10,000 participants take a few seconds.
 *
 * @throws LoadError if the tables do not exist or hold rows.
 */
export async function loadFederation(target: string | ClientBase, federation: Federation): Promise<void> {
  if (typeof target === 'string') await withConnection(target, (client) => loadThrough(client, federation));
  else await loadThrough(target, federation);
}
