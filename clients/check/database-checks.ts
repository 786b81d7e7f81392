import { sql } from 'kysely';
import { SYNC_MIGRATIONS } from '../../database/migrations/index.ts';
import type { Orm } from '../../database/orm.ts';
import { entityTable } from '../../database/table-names.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { lookAt, type Check, type Checked } from './look-at.ts';

const EMS_TABLES = [...ENTITY_TYPES.map(entityTable), 'conversation_message'];

/** Whether the database answers, EMS's tables are there, and ours are those of this release. */
export async function databaseChecks(session: Checked): Promise<Check[]> {
  const { host, pathname } = new URL(session.settings.common.DATABASE_URL);
  const reached = await lookAt('database', async () => {
    await session.database();
    return `${host}${pathname}`;
  });
  if (reached.outcome === 'failed') return [reached];
  const orm = await session.database();
  return [reached, await lookAt('EMS tables', () => emsTables(orm)), await lookAt('migrations', () => migrations(orm))];
}

async function emsTables(orm: Orm): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    SELECT name FROM unnest(${EMS_TABLES}::text[]) name WHERE to_regclass(name) IS NULL`.execute(
    orm.em.fork().getKysely(),
  );
  if (rows.length > 0) {
    const missing = rows.map(({ name }) => name).join(', ');
    throw new Error(
      `missing: ${missing}. Set DATABASE_URL to EMS's database, or make them for a trial: npx ems-sync migrate --with-ems`,
    );
  }
  return `all ${EMS_TABLES.length} are there`;
}

/** Looks into the list of migrations itself: the migrator would make that table, and a check changes nothing. */
async function migrations(orm: Orm): Promise<string> {
  const { tableName, migrations: wanted } = SYNC_MIGRATIONS;
  const kysely = orm.em.fork().getKysely();
  const { rows: found } = await sql<{ there: boolean }>`
    SELECT to_regclass(${tableName}) IS NOT NULL AS there`.execute(kysely);
  const ran = found[0]?.there
    ? (await sql<{ name: string }>`SELECT name FROM ${sql.table(tableName)}`.execute(kysely)).rows
    : [];
  const pending = wanted.filter(({ name }) => !ran.some((one) => one.name === name)).map(({ name }) => name);
  if (pending.length > 0) throw new Error(`pending: ${pending.join(', ')}. Run: npx ems-sync migrate`);
  return 'up to date';
}
