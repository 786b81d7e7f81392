import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CompiledQuery, KyselyPlugin } from 'kysely';
import type { Detection } from '../../database/detection/detection.ts';
import type { EntityManager } from '../../database/orm.ts';
import { areAtLeast, countFound, holdFound, sampleOf } from '../../database/records/brake.ts';
import { TARGETS } from '../../targets/index.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

/** More than one statement compares, the last key included. */
const ROWS = 10_001;

beforeAll(async () => {
  database = await migratedDatabase();
  await database.client.query(
    `INSERT INTO organisation (modified_on, name, country) SELECT now(), 'Club ' || n, 'PT' FROM generate_series(1, ${ROWS}) n`,
  );
  await database.client.query(
    `INSERT INTO sync_organisation (sync_process, entity_id, entity_key, state, entity_synced_on, mapping_version, remote_id, updated_on)
     SELECT 'TAGSERVER', id, id, 'IN_SYNC', modified_on - interval '1 hour', '1', id, now() FROM organisation`,
  );
  await database.client.query('ANALYZE');
});

afterAll(() => database?.close());

const target = TARGETS.find(({ process }) => process.name === 'TAGSERVER')!;
const organisation = target.process.mappings.find(({ type }) => type === 'Organisation')!;

/** Every organisation belongs on the target. */
const detection: Detection = {
  process: 'TAGSERVER',
  mapping: { ...organisation, filter: 'true' },
  mappingVersion: organisation.version,
  settleMs: 0,
};

test('a brake counts, samples and holds rows of the whole table', async () => {
  const em = database.orm.em.fork();
  const count = (count: number) => areAtLeast(em, detection, { kind: 'update', count });
  expect([await count(ROWS), await count(ROWS + 1)]).toEqual([true, false]);
  expect(await countFound(em, detection, 'update')).toEqual({ count: ROWS, notApproved: ROWS });
  const sample = (await sampleOf(em, detection, { kind: 'update', size: 500 })).map(Number);
  expect(new Set(sample).size).toBe(500);
  expect(Math.max(...sample)).toBeGreaterThan(ROWS - 1_000);
  expect(Math.min(...sample)).toBeLessThan(1_000);
  const hold = await em.transactional((inner) => holdFound(inner, detection, { kind: 'update', linked: ROWS }));
  expect(hold).toMatchObject({ held: ROWS, examples: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'] });
  await em.execute('TRUNCATE sync_hold, sync_missing');
});

test('no statement of a brake compares more than a part of a large table: it would outlive its activity', async () => {
  const compared: number[] = [];
  const em = recording(database.orm.em.fork(), ({ sql, parameters }) => {
    if (!sql.includes('page.key')) return;
    compared.push(Math.max(...parameters.map((value) => (Array.isArray(value) ? value.length : 0))) || Infinity);
  });
  await areAtLeast(em, detection, { kind: 'update', count: ROWS + 1 });
  await countFound(em, detection, 'update');
  await sampleOf(em, detection, { kind: 'update', size: 500 });
  await countFound(em, detection, 'delete');
  expect(compared.length).toBeGreaterThan(0);
  expect(Math.max(...compared)).toBeLessThanOrEqual(5_000);
});

/** The real one, which also reports its statements. */
function recording(em: EntityManager, report: (query: CompiledQuery) => void): EntityManager {
  const kysely = em.getKysely();
  const executor = kysely.getExecutor();
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      report(executor.compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return Object.create(em, { getKysely: { value: () => kysely.withPlugin(plugin) } }) as EntityManager;
}
