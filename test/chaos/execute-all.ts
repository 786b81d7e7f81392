import { Client } from 'pg';
import type { World } from './world.ts';

/** Runs SQL in EMS's database, as an operator does. */
export async function executeAll({ databaseUrl }: World, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
