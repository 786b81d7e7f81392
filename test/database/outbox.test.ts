import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Detection } from '../../database/detection/detection.ts';
import { areDeletionsNoted, areManyNoted } from '../../database/detection/outbox.ts';
import { recentKeys } from '../../database/detection/recent-keys.ts';
import { migrate } from '../../database/migrate.ts';
import { TARGETS } from '../../targets/index.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let since: string;

beforeAll(async () => {
  database = await migratedDatabase();
  await migrate({ databaseUrl: database.url, withEms: true, notify: true });
});

afterAll(() => database?.close());

const OLD = '2020-01-01T00:00:00Z';

const run = async (statement: string, ...values: unknown[]) => (await database.client.query(statement, values)).rows;

/** Everything so far was long ago. */
async function muchLater(): Promise<void> {
  for (const table of ['person', 'event', 'race', 'event_participant', 'contact_preference'])
    await run(`UPDATE ${table} SET modified_on = $1`, OLD);
  await run('TRUNCATE sync_outbox');
  const [row] = await run('SELECT clock_timestamp()::text AS now');
  since = row.now;
}

const detectionOf = (name: string): Detection => {
  const { process } = TARGETS.find(({ process }) => process.name === name)!;
  const mapping = process.mappings.find(({ type }) => type === 'Person')!;
  return { process: process.name, mapping, mappingVersion: mapping.version, settleMs: 0 };
};

const found = (process = 'TAGSERVER') =>
  recentKeys(database.orm.em.fork(), detectionOf(process), since, { after: null, limit: 100 });

const areManyTags = () => areManyNoted(database.orm.em.fork(), ['tag'], since);

describe('with triggers on its tables, EMS', () => {
  let ana: string;
  let rui: string;
  let entry: string;

  beforeEach(async () => {
    ana = await database.ems.person({ email: 'ana@clube.example' });
    rui = await database.ems.person({ email: 'rui@clube.example' });
    const event = await database.ems.event();
    entry = await database.ems.participant(event, await database.ems.race(event), { person_id: ana });
    await muchLater();
  });

  test('deletes a row that another was read with, and the next sweep looks at that one', async () => {
    expect(await found()).toEqual([]);
    await run('DELETE FROM event_participant WHERE id = $1', entry);
    expect(await found()).toEqual([ana]);
  });

  test('moves a row to another parent, and the next sweep looks at the former one, too', async () => {
    await run('UPDATE event_participant SET person_id = $2, modified_on = clock_timestamp() WHERE id = $1', entry, rui);
    expect(await found()).toEqual([ana, rui]);
  });

  test('sets a stamp back, or restores a row with an old one, and the next sweep looks at it', async () => {
    await run(`UPDATE person SET last_name = 'Sousa', modified_on = '2019-01-01' WHERE id = $1`, ana);
    const [restored] = await run(
      `INSERT INTO person (modified_on, last_name) VALUES ('2019-01-01', 'Silva') RETURNING id::text`,
    );
    expect(await found()).toEqual([ana, restored.id]);
  });

  test('deletes a preference, and its person is looked at', async () => {
    const preference = await database.ems.preference(ana, true);
    await muchLater();
    await run('DELETE FROM contact_preference WHERE id = $1', preference);
    expect(await found('MAILCHIMP')).toEqual([ana]);
  });

  test('changes rows as usual, and nothing is noted', async () => {
    await run(`UPDATE person SET last_name = 'Sousa', modified_on = clock_timestamp() WHERE id = $1`, ana);
    expect(await run('SELECT FROM sync_outbox')).toEqual([]);
  });

  test('deletes very many rows at once, or empties a table: then everything is compared', async () => {
    await run(`INSERT INTO tag (modified_on, code) SELECT now(), n::text FROM generate_series(1, 1001) n`);
    expect(await areManyTags()).toBe(false);
    await run('DELETE FROM tag');
    expect(await areManyTags()).toBe(true);
    await muchLater();
    expect(await areManyTags()).toBe(false);
    await run('TRUNCATE tag');
    expect(await areManyTags()).toBe(true);
  });

  test('notes ids alone, and nothing that somebody wrote', async () => {
    await run('DELETE FROM person WHERE id = $1', rui);
    expect(await run('SELECT source, ids FROM sync_outbox')).toEqual([
      { source: 'person', ids: { id: Number(rui), organisation_id: null } },
    ]);
  });

  test('is not hindered by a login of its own that may not write our table', async () => {
    const login = `ems_${database.url.split('/').at(-1)}`.slice(0, 60);
    await run(`CREATE ROLE "${login}"`);
    try {
      await run(`GRANT SELECT, DELETE ON event_participant TO "${login}"`);
      await run(`SET ROLE "${login}"`);
      await run('DELETE FROM event_participant WHERE id = $1', entry);
      await run('RESET ROLE');
      expect(await found()).toEqual([ana]);
    } finally {
      await run('RESET ROLE');
      await run(`DROP OWNED BY "${login}"`);
      await run(`DROP ROLE "${login}"`);
    }
  });
});

test('the triggers go with those that notify', async () => {
  const areNoted = () => areDeletionsNoted(database.orm.em.fork(), 'person');
  expect(await areNoted()).toBe(true);
  await migrate({ databaseUrl: database.url, withEms: true, notify: false });
  expect(await areNoted()).toBe(false);
  await run('DELETE FROM tag');
});
