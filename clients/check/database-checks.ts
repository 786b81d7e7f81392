import { CompiledQuery, sql } from 'kysely';
import { findMissingColumns, formatMissing } from '../../database/ems-shape.ts';
import { isBehind, readEmsSequence, setvalStatement, type EmsSequence } from '../../database/ems-sequences.ts';
import { findMissingIndexes } from '../../database/detection/modified-on-index.ts';
import { SYNC_MIGRATIONS } from '../../database/migrations/index.ts';
import { VIEW_SCHEMA } from '../../database/model/ems-model.ts';
import { assertModel } from '../../database/model/assert-model.ts';
import { readStoredModel, realTables } from '../../database/model/stored-model.ts';
import type { Orm } from '../../database/orm.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { typesRead } from '../../targets/types-read.ts';
import { lookAt, type Check, type Checked } from './look-at.ts';

/** Checks that the database answers, that EMS's tables exist, and that ours match this release. */
export async function databaseChecks(session: Checked): Promise<Check[]> {
  const { host, pathname } = new URL(session.settings.common.DATABASE_URL);
  const reached = await lookAt('database', async () => {
    await session.database();
    return `${host}${pathname}`;
  });
  if (reached.outcome === 'failed') return [reached];
  const orm = await session.database();
  return [
    reached,
    await lookAt('EMS tables', () => emsTables(orm, session)),
    await lookAt('migrations', () => migrations(orm)),
    await lookAt('EMS sequences', () => emsSequences(orm)),
    await lookAt('EMS indexes', () => emsIndexes(orm)),
  ];
}

/** Only what switched-on processes read is demanded; before any is, everything. */
async function emsTables(orm: Orm, { settings }: Checked): Promise<string> {
  const { EMS_MODEL_FILE: file } = settings.common;
  const em = orm.em.fork();
  await assertModel(em, file);
  const types = typesRead(settings.enabled.map(({ target }) => target.process));
  const missing = await findMissingColumns(em, types);
  const tables = missing.filter(({ column }) => column === null).map(formatMissing);
  if (tables.length > 0) {
    throw new Error(
      `missing: ${tables.join(', ')}. Set DATABASE_URL to EMS's database, name them in EMS_MODEL_FILE if they have other names, or create them for a trial: npx ems-sync migrate --with-ems`,
    );
  }
  const columns = missing.map(formatMissing);
  if (columns.length > 0) {
    throw new Error(
      `missing columns: ${columns.join(', ')}. What reads them is stopped until EMS has them again; nothing is cleared at a target`,
    );
  }
  const all = `all ${types.length} that are read are there, with their columns`;
  return (await readStoredModel(em)) === null ? all : `${all}, under EMS's own names (views in ${VIEW_SCHEMA})`;
}

/** After a restore, EMS's sequences may reuse ids that targets already know. */
async function emsSequences(orm: Orm): Promise<string> {
  const found: EmsSequence[] = [];
  const there = realTables(await readStoredModel(orm.em.fork())).map(({ type }) => type);
  for (const type of ENTITY_TYPES.filter((one) => there.includes(one)))
    found.push(await readEmsSequence(orm.em.fork(), type));
  const behind = found.filter(isBehind);
  if (behind.length > 0) {
    const tables = behind.map(({ table }) => table).join(', ');
    const statements = behind.map(setvalStatement).join(' ');
    throw new Error(`will give ids out again: ${tables}. Before EMS makes another row, run: ${statements}`);
  }
  const unread = found.filter(({ state }) => state === null).map(({ table }) => table);
  const read = `${found.length - unread.length} are past every id of EMS and of our records`;
  return unread.length === 0 ? read : `${read}; look yourself, for none is found or may be read: ${unread.join(', ')}`;
}

/** Without them everything works, so this never fails. */
async function emsIndexes(orm: Orm): Promise<string> {
  const em = orm.em.fork();
  const missing = await findMissingIndexes(
    await readStoredModel(em),
    async <T>(statement: string, parameters: unknown[]) =>
      (await em.getKysely().executeQuery(CompiledQuery.raw(statement, parameters))).rows as T[],
  );
  if (missing.length === 0) return 'every table that is read has one on modified_on';
  const tables = missing.map(({ table }) => table).join(', ');
  return `none on modified_on of ${tables}: every sweep reads these tables whole. With EMS's owner in DATABASE_URL, run: npx ems-sync migrate --with-indexes`;
}

/** Reads the table of migrations directly. The migrator would create it, and a check must not change anything. */
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
