import pg from 'pg';
import { storedModel } from '../model/install-model.ts';
import { findMissingIndexes } from './modified-on-index.ts';
import { prepareSession } from '../session.ts';

/**
 * Makes the indexes that everyday sweeps read by, without locking out EMS's writes. One that an earlier attempt left
 * unusable is replaced. Needs the owner of EMS's tables.
 *
 * @returns the tables that have got one.
 */
export async function installIndexes(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'ems-sync' });
  await client.connect();
  try {
    await prepareSession(client);
    const model = await storedModel(client);
    const missing = await findMissingIndexes(
      model,
      async (statement, parameters) => (await client.query(statement, parameters)).rows,
    );
    for (const { name, indexSql, tableSql, column } of missing) {
      await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${indexSql}`);
      await client.query(`CREATE INDEX CONCURRENTLY ${name} ON ${tableSql} (${column})`);
    }
    return missing.map(({ table }) => table);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error;
    throw new Error(
      `indexes on EMS's tables need their owner: run this once with EMS's owner in DATABASE_URL (PostgreSQL: ${error.message})`,
      { cause: error },
    );
  } finally {
    await client.end();
  }
}
