import { sql } from 'kysely';
import { findMissingColumns, formatMissing } from '../../database/ems-shape.ts';
import { isBehind, readEmsSequence, setvalStatement, type EmsSequence } from '../../database/ems-sequences.ts';
import { MISSING_INDEXES, type ModifiedOnIndex } from '../../database/detection/modified-on-index.ts';
import { SYNC_MIGRATIONS } from '../../database/migrations/index.ts';
import type { Orm } from '../../database/orm.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { lookAt, type Check, type Checked } from './look-at.ts';

const EMS_TYPES = [...ENTITY_TYPES, 'ConversationMessage'] as const;

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
    await lookAt('EMS tables', () => emsTables(orm)),
    await lookAt('migrations', () => migrations(orm)),
    await lookAt('EMS sequences', () => emsSequences(orm)),
    await lookAt('EMS indexes', () => emsIndexes(orm)),
  ];
}

async function emsTables(orm: Orm): Promise<string> {
  const missing = await findMissingColumns(orm.em.fork(), EMS_TYPES);
  const tables = missing.filter(({ column }) => column === null).map(formatMissing);
  if (tables.length > 0) {
    throw new Error(
      `missing: ${tables.join(', ')}. Set DATABASE_URL to EMS's database, or create them for a trial: npx ems-sync migrate --with-ems`,
    );
  }
  const columns = missing.map(formatMissing);
  if (columns.length > 0) {
    throw new Error(
      `missing columns: ${columns.join(', ')}. What reads them is stopped until EMS has them again; nothing is cleared at a target`,
    );
  }
  return `all ${EMS_TYPES.length} are there, with their columns`;
}

/** After a restore, EMS's sequences may reuse ids that targets already know. */
async function emsSequences(orm: Orm): Promise<string> {
  const found: EmsSequence[] = [];
  for (const type of ENTITY_TYPES) found.push(await readEmsSequence(orm.em.fork(), type));
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
  const missing = await orm.em.fork().execute<ModifiedOnIndex[]>(MISSING_INDEXES);
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
