import { Client, type ClientBase } from 'pg';

/** Reads EMS in one snapshot. Times are in UTC. */
export async function inSnapshot<T>(databaseUrl: string, read: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query("SET TIME ZONE 'UTC'");
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await read(client);
    await client.query('COMMIT');
    return result;
  } finally {
    await client.end();
  }
}
