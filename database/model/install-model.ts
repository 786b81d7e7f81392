import pg from 'pg';
import { SettingsError } from '../../settings/settings-error.ts';
import { prepareSession } from '../session.ts';
import { VIEW_SCHEMA, type EmsModel } from './ems-model.ts';
import { inspectModel } from './inspect-model.ts';
import type { ModelFile } from './read-model.ts';
import { describeModel, parseStored, STORED_MODEL } from './stored-model.ts';
import { createViews, EMS_TYPES, viewName } from './view-sql.ts';

const LOCK_TIMEOUT = '10s';

/** INSERT and UPDATE, in the notation of `pg_relation_is_updatable`. */
const WRITABLE = 8 | 4;

/**
 * Makes the views of a model, or makes them anew if the model has changed. Who was allowed to read them must be allowed
 * again (`migrate --with-roles`).
 *
 * @returns whether anything was done, and what an operator should know.
 * @throws SettingsError with a line for each thing that does not fit the database.
 */
export async function installModel(
  databaseUrl: string,
  file: ModelFile,
): Promise<{ readonly isNew: boolean; readonly notes: readonly string[] }> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'ems-sync' });
  await client.connect();
  try {
    await prepareSession(client);
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    const { problems, notes } = await inspectModel(client, file);
    if (problems.length > 0) throw new SettingsError(problems);
    const wanted = describeModel(file.model);
    if ((await storedText(client)) === wanted && (await areThere(client))) return { isNew: false, notes };
    await makeViews(client, file.model, wanted);
    await requireWritable(client, file);
    await client.query('COMMIT');
    return { isNew: true, notes };
  } finally {
    await client.end();
  }
}

/** The model of the views in this database; null: it has none. */
export async function storedModel(client: pg.ClientBase): Promise<EmsModel | null> {
  return parseStored(await storedText(client));
}

async function storedText(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ model: string | null }>(STORED_MODEL);
  return rows[0]?.model ?? null;
}

async function areThere(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ all: boolean }>(
    'SELECT bool_and(to_regclass(name) IS NOT NULL) AS all FROM unnest($1::text[]) name',
    [EMS_TYPES.map(viewName)],
  );
  return rows[0]?.all === true;
}

async function makeViews(client: pg.ClientBase, model: EmsModel, description: string): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${VIEW_SCHEMA}`);
  for (const type of EMS_TYPES) await client.query(`DROP VIEW IF EXISTS ${viewName(type)}`);
  for (const statement of createViews(model)) await client.query(statement);
  await client.query(`COMMENT ON SCHEMA ${VIEW_SCHEMA} IS ${pg.escapeLiteral(description)}`);
}

/** What PostgreSQL itself says of each view. */
async function requireWritable(client: pg.ClientBase, { model, place }: ModelFile): Promise<void> {
  const problems: string[] = [];
  for (const type of EMS_TYPES.filter((one) => model[one] != null)) {
    const { rows } = await client.query<{ events: number }>(
      'SELECT pg_relation_is_updatable($1::regclass, false) AS events',
      [viewName(type)],
    );
    if (((rows[0]?.events ?? 0) & WRITABLE) !== WRITABLE)
      problems.push(`${place(type)}: PostgreSQL cannot write through a view of this table: name a plain table`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
}
