import pRetry from 'p-retry';
import pg from 'pg';
import { storedModel } from '../model/install-model.ts';
import { VIEW_SCHEMA } from '../model/ems-model.ts';
import { realOid, realTables } from '../model/stored-model.ts';
import {
  createFunctions,
  createTriggers,
  dropFunctions,
  dropTriggers,
  notifyingRealTables,
  TRIGGER_PREFIX,
  type NotifyingRealTable,
} from './trigger-sql.ts';
import { createOutboxFunction, createOutboxTriggers, dropOutboxFunction, dropOutboxTriggers } from './outbox-sql.ts';
import { prepareSession } from '../session.ts';

/** While we wait for a table lock, EMS's writes queue behind us. */
const LOCK_TIMEOUT = '2s';

const TRIES = 5;
const LOCK_NOT_AVAILABLE = '55P03';
const NO_PRIVILEGE = '42501';

/**
 * Installs triggers on EMS's tables that notify of each commit, and note for sweeps what leaves no trace; existing
 * ones are replaced. Needs the privilege to create
 * triggers there (EMS's owner has it).
 *
 * @throws Error that says what to do.
 */
export async function installNotify(databaseUrl: string): Promise<void> {
  await inSession(databaseUrl, async (tables, run) => {
    await run(createFunctions(tables));
    await run([...new Set(tables.map(({ real }) => createOutboxFunction(real)))]);
    for (const table of tables) await run([...createTriggers(table), ...createOutboxTriggers(table.real)]);
  });
}

/** Removes the triggers. */
export async function removeNotify(databaseUrl: string): Promise<void> {
  await inSession(databaseUrl, async (tables, run) => {
    for (const table of tables) await run([...dropTriggers(table), ...dropOutboxTriggers(table.real)]);
    await run([...dropFunctions(tables), ...new Set(tables.map(({ real }) => dropOutboxFunction(real)))]);
  });
}

/** Whether EMS's tables have triggers of ours. */
export async function hasTriggers(databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'ems-sync' });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT FROM pg_trigger WHERE starts_with(tgname, $1) LIMIT 1', [
      TRIGGER_PREFIX,
    ]);
    return rows.length > 0;
  } finally {
    await client.end();
  }
}

/** The tables whose changes are not notified. */
export async function tablesWithoutNotify(client: pg.Client): Promise<string[]> {
  const model = await storedModel(client);
  const tables = notifyingRealTables(realTables(model)).map(({ table }) => table);
  const { rows } = await client.query<{ table: string }>(
    `SELECT t.name AS table FROM unnest($1::text[], $2::text[]) AS t(name, path)
     WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = ${realOid('t.path')} AND tgenabled <> 'D'
                       AND starts_with(tgname, $3))`,
    [tables, tables.map((table) => (model === null ? table : `${VIEW_SCHEMA}.${table}`)), TRIGGER_PREFIX],
  );
  return rows.map(({ table }) => table);
}

type Run = (statements: readonly string[]) => Promise<void>;

/** Each list of statements is one transaction: locking two tables in one could deadlock with EMS. */
async function inSession(
  databaseUrl: string,
  work: (tables: readonly NotifyingRealTable[], run: Run) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'ems-sync' });
  await client.connect();
  try {
    await prepareSession(client);
    const tables = notifyingRealTables(realTables(await storedModel(client)));
    // Functions are made in `public`, whatever comes first on the search path.
    await client.query('SET search_path = public');
    await work(tables, (statements) =>
      pRetry(() => transaction(client, statements), {
        retries: TRIES - 1,
        minTimeout: 1_000,
        factor: 1,
        shouldRetry: ({ error }) => codeOf(error) === LOCK_NOT_AVAILABLE,
      }),
    );
  } catch (error) {
    throw explained(error);
  } finally {
    await client.end();
  }
}

async function transaction(client: pg.Client, statements: readonly string[]): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

function explained(error: unknown): unknown {
  const code = codeOf(error);
  if (code === LOCK_NOT_AVAILABLE)
    return new Error(
      `a table of EMS's is locked by a long transaction. What is done stays; run the same command again when EMS is quiet${quoted(error)}`,
      { cause: error },
    );
  if (code === NO_PRIVILEGE)
    return new Error(
      `triggers on EMS's tables need more rights: run this once with EMS's owner in DATABASE_URL, or have it GRANT TRIGGER on its tables, and CREATE on the schema, to ours${quoted(error)}`,
      { cause: error },
    );
  return error;
}

/** PostgreSQL's own words: they name the table. */
const quoted = (error: unknown) => (error instanceof Error ? ` (PostgreSQL: ${error.message})` : '');

const codeOf = (error: unknown) => (error instanceof pg.DatabaseError ? error.code : undefined);
