import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

export interface LockedDatabase extends MigratedDatabase {
  readonly locks: AdvisoryLocks;
}

/** A migrated database with the locks that deliveries take in it. */
export async function lockedDatabase(): Promise<LockedDatabase> {
  const database = await migratedDatabase();
  const locks = new AdvisoryLocks(database.url);
  return {
    ...database,
    locks,
    close: async () => {
      await locks.close();
      await database.close();
    },
  };
}
