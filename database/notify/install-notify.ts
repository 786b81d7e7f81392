import pRetry from 'p-retry';
import pg from 'pg';
import {
  CREATE_FUNCTIONS,
  createTriggers,
  DROP_FUNCTIONS,
  dropTriggers,
  NOTIFYING_TABLES,
  TRIGGER_PREFIX,
} from './trigger-sql.ts';
import { CREATE_OUTBOX, createOutboxTriggers, DROP_OUTBOX, dropOutboxTriggers } from './outbox-sql.ts';
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
  await inSession(databaseUrl, async (run) => {
    await run(CREATE_FUNCTIONS);
    await run([CREATE_OUTBOX]);
    for (const table of NOTIFYING_TABLES) await run([...createTriggers(table), ...createOutboxTriggers(table)]);
  });
}

/** Removes the triggers. */
export async function removeNotify(databaseUrl: string): Promise<void> {
  await inSession(databaseUrl, async (run) => {
    for (const table of NOTIFYING_TABLES) await run([...dropTriggers(table), ...dropOutboxTriggers(table)]);
    await run([...DROP_FUNCTIONS, DROP_OUTBOX]);
  });
}

/** The tables whose changes are not notified. */
export async function tablesWithoutNotify(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ table: string }>(
    `SELECT name AS table FROM unnest($1::text[]) name
     WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(name) AND tgenabled <> 'D'
                       AND starts_with(tgname, $2))`,
    [NOTIFYING_TABLES.map(({ table }) => table), TRIGGER_PREFIX],
  );
  return rows.map(({ table }) => table);
}

type Run = (statements: readonly string[]) => Promise<void>;

/** Each list of statements is one transaction: locking two tables in one could deadlock with EMS. */
async function inSession(databaseUrl: string, work: (run: Run) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'ems-sync' });
  await client.connect();
  try {
    await prepareSession(client);
    await work((statements) =>
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
      "a table of EMS's is locked by a long transaction. What is done stays; run the same command again when EMS is quiet",
      { cause: error },
    );
  if (code === NO_PRIVILEGE)
    return new Error(
      "triggers on EMS's tables need more rights: run this once with EMS's owner in DATABASE_URL, or have it GRANT TRIGGER on its tables, and CREATE on the schema, to ours",
      { cause: error },
    );
  return error;
}

const codeOf = (error: unknown) => (error instanceof pg.DatabaseError ? error.code : undefined);
