import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Client } from 'pg';
import { createOrm, type Orm } from '../../database/orm.ts';
import { loadEnds } from '../../database/records/load-pairs.ts';
import { limitedLogin } from './limited-login.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let orm: Orm;

/** Defaults that an installation may have set for other programs. */
const ODD_DEFAULTS = {
  datestyle: 'German',
  intervalstyle: 'sql_standard',
  bytea_output: 'escape',
  timezone: 'Europe/Lisbon',
  standard_conforming_strings: 'off',
  search_path: 'elsewhere, pg_catalog',
};

beforeAll(async () => {
  database = await migratedDatabase();
  const name = new URL(database.url).pathname.slice(1);
  for (const [setting, value] of Object.entries(ODD_DEFAULTS)) {
    const words = value.split(', ').map((word) => `'${word}'`);
    await database.client.query(`ALTER DATABASE "${name}" SET ${setting} TO ${words.join(', ')}`);
  }
  orm = await createOrm({ databaseUrl: database.url });
});

afterAll(async () => {
  await orm?.close();
  await database?.close();
});

test("a database's own DateStyle, time zone, search path and the like do not reach us", async () => {
  const id = await insertPerson(database.client);
  const { entity } = await loadEnds(orm, 'TAGSERVER', 'Person', id);
  expect(entity).toMatchObject({ id, lastName: 'Silva', dateOfBirth: Temporal.PlainDate.from('1988-02-29') });
  const { rows } = await sql<{ text: string; bytes: string; path: string }>`
    SELECT timestamptz '2026-11-29 20:38:57.687624+01'::text AS text, bytea '\\x00ff'::text AS bytes,
      current_setting('search_path') AS path`.execute(orm.em.fork().getKysely());
  expect(rows).toEqual([{ text: '2026-11-29 19:38:57.687624+00', bytes: '\\x00ff', path: 'sync_ems, public' }]);
});

test('connections that cannot be prepared use up no pool, which works and ends once they can', async () => {
  const login = await limitedLogin(database.url);
  const limited = await createOrm({ databaseUrl: login.url, poolSize: 2 });
  const ask = () => sql<{ one: number }>`SELECT 1 AS one`.execute(limited.em.fork().getKysely());
  const setConfig = 'FUNCTION pg_catalog.set_config(text, text, boolean)';
  try {
    await database.client.query(`REVOKE EXECUTE ON ${setConfig} FROM PUBLIC`);
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(ask()).rejects.toThrow('set_config');
    await database.client.query(`GRANT EXECUTE ON ${setConfig} TO PUBLIC`);
    expect((await ask()).rows).toEqual([{ one: 1 }]);
  } finally {
    await limited.close();
    await login.drop(database.url);
  }
});

async function insertPerson(client: Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO public.person (modified_on, last_name, date_of_birth)
     VALUES ('2026-11-29 20:38:57.687624+00', 'Silva', '1988-02-29') RETURNING id`,
  );
  return rows[0]?.id ?? '';
}
