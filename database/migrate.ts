import type { ClientBase } from 'pg';
import { VIEW_SCHEMA } from './model/ems-model.ts';
import { installModel } from './model/install-model.ts';
import type { ModelFile } from './model/read-model.ts';
import { withoutForeignKeys } from './model/without-foreign-keys.ts';
import { hasTriggers, installNotify, removeNotify } from './notify/install-notify.ts';
import { createOrm, type MigrationSet } from './orm.ts';
import { EMS_MIGRATIONS, SYNC_MIGRATIONS } from './migrations/index.ts';

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** Also create EMS's tables: for demo and tests, never where EMS has created them. */
  readonly withEms: boolean;
  /** True installs triggers on EMS's tables that notify of changes, false removes them; left out: unchanged. */
  readonly notify?: boolean;
  /** EMS's own names. Left out: the views that are there stay. */
  readonly model?: ModelFile;
  /** Told what an operator should know. */
  readonly onNote?: (note: string) => void;
}

/**
 * Migrates the database to this release's schema, each migration in its own transaction.
 *
 * @returns the names of the migrations that ran, and `ems-model` if views of EMS's tables were made; empty if there was
 * nothing to do.
 * @throws Error if EMS's tables are missing and `withEms` is false; SettingsError if the model does not fit them.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { databaseUrl, withEms, notify, model, onNote = () => {} } = options;
  const ran = withEms ? await runSet(databaseUrl, EMS_MIGRATIONS) : [];
  if (model !== undefined) {
    const { isNew, notes } = await installModel(databaseUrl, model);
    notes.forEach(onNote);
    if (isNew) ran.push('ems-model');
  }
  const { hasViews } = await requireEmsTables(databaseUrl);
  ran.push(...(await runSet(databaseUrl, hasViews ? withoutForeignKeys(SYNC_MIGRATIONS) : SYNC_MIGRATIONS)));
  // Triggers name EMS's columns, so they follow the model.
  const isOutdated = ran.includes('ems-model') && notify === undefined && (await hasTriggers(databaseUrl));
  if (notify === true || isOutdated) await installNotify(databaseUrl);
  if (notify === false) await removeNotify(databaseUrl);
  return ran;
}

async function runSet(databaseUrl: string, migrationSet: MigrationSet): Promise<string[]> {
  const orm = await createOrm({ databaseUrl, migrationSet, poolSize: 2, prepare: pathWithoutViews });
  try {
    return (await orm.migrator.up()).map(({ name }) => name);
  } finally {
    await orm.close();
  }
}

/** Our tables are made in `public`, whatever comes first on the search path. */
async function pathWithoutViews(connection: ClientBase): Promise<void> {
  await connection.query('SET search_path = public');
}

async function requireEmsTables(databaseUrl: string): Promise<{ readonly hasViews: boolean }> {
  const orm = await createOrm({ databaseUrl, poolSize: 1 });
  try {
    const [row] = await orm.em.execute<[{ present: boolean; views: boolean }]>(
      `SELECT to_regclass('person') IS NOT NULL AS present, to_regnamespace('${VIEW_SCHEMA}') IS NOT NULL AS views`,
    );
    if (!row.present) {
      throw new Error(
        'this database has no EMS tables (no table person). Point DATABASE_URL at the EMS database, name its tables in EMS_MODEL_FILE if they have other names, or create them for a trial with: npx ems-sync migrate --with-ems',
      );
    }
    return { hasViews: row.views };
  } finally {
    await orm.close();
  }
}
