import type { ClientBase } from 'pg';
import { SyncError } from '../sync/sync-error.ts';
import { VIEW_SCHEMA } from './model/ems-model.ts';

/**
 * The settings that our statements and parsers rely on. A database or role may have other defaults (`ALTER DATABASE …
 * SET datestyle`), with which every value would be parsed wrongly.
 */
const SESSION_SETTINGS = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  // PostgreSQL passes over the first while there is no such schema: then EMS's tables have our names.
  search_path: `${VIEW_SCHEMA}, public`,
} as const;

const STATEMENT = `SELECT ${Object.entries(SESSION_SETTINGS)
  .map(([name, value]) => `set_config('${name}', '${value}', false) AS ${name}`)
  .join(', ')}`;

/**
 * No statement of a worker outlives its activity. The longest activity that only reads may take two minutes
 * (workflows/activity-proxies.ts).
 */
export const STATEMENT_TIMEOUT_MS = 110_000;

/**
 * Sets a new connection's session settings and verifies them: a pooler that may run each statement in another session
 * cannot be used.
 *
 * @throws SyncError of class `transient` if a setting did not take effect.
 */
export async function prepareSession(connection: Pick<ClientBase, 'query'>, statementTimeoutMs = 0): Promise<void> {
  await connection.query(STATEMENT);
  if (statementTimeoutMs > 0) {
    await connection.query(`SET statement_timeout = ${Math.trunc(statementTimeoutMs)}`);
  }
  const { rows } = await connection.query<Record<string, string>>(ASK_BACK);
  const wrong = Object.entries(SESSION_SETTINGS).filter(([name, value]) => rows[0]?.[name] !== value);
  if (wrong.length === 0) return;
  const names = wrong.map(([name]) => name).join(', ');
  throw new SyncError(
    'transient',
    `the database session does not keep ${names}: let DATABASE_URL name PostgreSQL itself, or a pooler in session mode`,
    { code: 'session-settings' },
  );
}

const ASK_BACK = `SELECT ${Object.keys(SESSION_SETTINGS)
  .map((name) => `current_setting('${name}') AS ${name}`)
  .join(', ')}`;
