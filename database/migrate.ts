import { installNotify, removeNotify } from './notify/install-notify.ts';
import { createOrm, type MigrationSet } from './orm.ts';
import { EMS_MIGRATIONS, SYNC_MIGRATIONS } from './migrations/index.ts';

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** Also create EMS's tables: for demo and tests, never where EMS has created them. */
  readonly withEms: boolean;
  /** True installs triggers on EMS's tables that notify of changes, false removes them; left out: unchanged. */
  readonly notify?: boolean;
}

/**
 * Migrates the database to this release's schema, each migration in its own transaction.
 *
 * @returns the names of the migrations that ran; empty if there was nothing to do.
 * @throws Error if EMS's tables are missing and `withEms` is false.
 */
export async function migrate({ databaseUrl, withEms, notify }: MigrateOptions): Promise<string[]> {
  const ran = withEms ? await runSet(databaseUrl, EMS_MIGRATIONS) : [];
  await requireEmsTables(databaseUrl);
  ran.push(...(await runSet(databaseUrl, SYNC_MIGRATIONS)));
  if (notify === true) await installNotify(databaseUrl);
  if (notify === false) await removeNotify(databaseUrl);
  return ran;
}

async function runSet(databaseUrl: string, migrationSet: MigrationSet): Promise<string[]> {
  const orm = await createOrm({ databaseUrl, migrationSet, poolSize: 2 });
  try {
    return (await orm.migrator.up()).map(({ name }) => name);
  } finally {
    await orm.close();
  }
}

async function requireEmsTables(databaseUrl: string): Promise<void> {
  const orm = await createOrm({ databaseUrl, poolSize: 1 });
  try {
    const [row] = await orm.em.execute<[{ present: boolean }]>("SELECT to_regclass('person') IS NOT NULL AS present");
    if (!row.present) {
      throw new Error(
        'this database has no EMS tables (no table person). Point DATABASE_URL at the EMS database, or create them for a trial with: npx ems-sync migrate --with-ems',
      );
    }
  } finally {
    await orm.close();
  }
}
