import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../database/migrate.ts';
import { PROGRAM_ROLES } from '../../database/roles/role-names.ts';
import { createMigratedDatabase } from './create-migrated-database.ts';
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

test('with roles, the copy has their privileges, and another copy made later has none', async () => {
  const adminUrl = process.env['TEST_DATABASE_ADMIN_URL'] ?? '';
  const name = `test_${randomBytes(5).toString('hex')}`;
  await createMigratedDatabase(adminUrl, name, { withRoles: true });
  const withRoles = new Client({ connectionString: Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href });
  const without = await migratedDatabase();
  try {
    await withRoles.connect();
    const granted = `SELECT has_table_privilege('${PROGRAM_ROLES.worker}', 'sync_person', 'SELECT') AS granted`;
    expect((await withRoles.query(granted)).rows).toEqual([{ granted: true }]);
    expect((await without.client.query(granted)).rows).toEqual([{ granted: false }]);
  } finally {
    await withRoles.end();
    await without.client.query(`DROP DATABASE ${name}`);
    await without.close();
  }
});
