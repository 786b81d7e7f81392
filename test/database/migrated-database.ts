import { Client } from 'pg';
import { createOrm, type Orm } from '../../database/orm.ts';
import { Ems } from '../flows/ems.ts';
import { freshDatabase } from '../simulators/fresh-database.ts';
import { createMigratedDatabase } from './create-migrated-database.ts';

export interface MigratedDatabase {
  readonly url: string;
  readonly client: Client;
  readonly orm: Orm;
  readonly ems: Ems;
  close(): Promise<void>;
}

/** A database with EMS's tables and ours, all empty. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const { url, drop } = await freshDatabase(createMigratedDatabase);
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("SET TIME ZONE 'UTC'");
  const orm = await createOrm({ databaseUrl: url });
  return {
    url,
    client,
    orm,
    ems: new Ems(client),
    close: async () => {
      await orm.close();
      await client.end();
      await drop();
    },
  };
}
