import { Client, type ClientBase } from 'pg';

/** Changes EMS as EMS itself does, in one transaction. */
export async function changeEms<T>(databaseUrl: string, change: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('BEGIN');
    const result = await change(client);
    await client.query('COMMIT');
    return result;
  } finally {
    await client.end();
  }
}
