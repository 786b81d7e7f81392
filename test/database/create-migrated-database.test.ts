import { expect, test } from '@jest/globals';
import { migrate } from '../../database/migrate.ts';
import { migratedDatabase } from './migrated-database.ts';

test('copies of the template are migrated wholly, empty, and different installations', async () => {
  const databases = await Promise.all([migratedDatabase(), migratedDatabase()]);
  try {
    const installations = await Promise.all(
      databases.map(async ({ client }) => {
        const { rows } = await client.query("SELECT id, encode(fingerprint_key, 'hex') AS key FROM sync_installation");
        return rows[0];
      }),
    );
    expect(installations).toEqual([0, 1].map(() => ({ id: expect.any(String), key: expect.any(String) })));
    for (const value of ['id', 'key'] as const)
      expect(new Set(installations.map((installation) => installation[value])).size).toBe(2);
    const [{ url, client }] = databases;
    expect(await migrate({ databaseUrl: url, withEms: true })).toEqual([]);
    const { rowCount } = await client.query('SELECT FROM person UNION ALL SELECT FROM sync_person');
    expect(rowCount).toBe(0);
  } finally {
    for (const database of databases) await database.close();
  }
});
