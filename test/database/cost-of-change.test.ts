import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { ComparisonState } from '../../activities/comparison-state.ts';
import { planSweep } from '../../activities/plan-sweep.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import type { Detection } from '../../database/detection/detection.ts';
import { sourcesVersion } from '../../database/detection/due-query.ts';
import { joinHolders } from '../../database/detection/unique-holders.ts';
import { recentKeys } from '../../database/detection/recent-keys.ts';
import type { EntityManager } from '../../database/orm.ts';
import { writeDue } from '../../database/records/due-counts.ts';
import { loadPairsWithin } from '../../database/records/load-pairs.ts';
import { uniqueHashPrefix } from '../../sync/unique-value.ts';
import { mailchimp } from '../../targets/mailchimp/process.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { dependenciesWith } from '../activities/dependencies-with.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

const PERSONS = 20_000;
const EVENTS = 200;
const CHANGED = 50;

/** Of the changed rows, each may be read several times, with what belongs to it. */
const READ_AT_MOST = 20 * CHANGED;

let database: MigratedDatabase;
let since: string;
let changed: readonly string[];

const run = async (statement: string, ...values: unknown[]) => (await database.client.query(statement, values)).rows;

const { process } = mailchimp;
const mapping = process.mappings.find(({ type }) => type === 'Person')!;
const detection: Detection = {
  process: process.name,
  mapping,
  mappingVersion: mapping.version,
  settleMs: 0,
  uniqueHashPrefix: uniqueHashPrefix([new Uint8Array(32).fill(7)]),
};

beforeAll(async () => {
  database = await migratedDatabase();
  const old = `now() - interval '1 day'`;
  const organisation = await database.ems.organisation();
  for (const statement of [
    `INSERT INTO event (modified_on, organisation_id, name, status) SELECT ${old}, ${organisation}, 'Event ' || n, 'OPEN' FROM generate_series(1, ${EVENTS}) n`,
    `INSERT INTO race (modified_on, event_id, name) SELECT ${old}, id, name FROM event`,
    `INSERT INTO person (modified_on, first_name, email) SELECT ${old}, 'Ana', 'p' || n || '@example.org' FROM generate_series(1, ${PERSONS}) n`,
    `INSERT INTO event_participant (modified_on, event_id, race_id, person_id, bib)
     SELECT ${old}, 1 + p.id % ${EVENTS}, r.id, p.id, p.id FROM person p JOIN race r ON r.event_id = 1 + p.id % ${EVENTS}`,
    `INSERT INTO sync_person (sync_process, entity_id, entity_key, state, entity_synced_on, remote_id, updated_on)
     SELECT 'MAILCHIMP', id, id, 'IN_SYNC', modified_on, id, ${old} FROM person`,
    `INSERT INTO sync_unique_value (sync_process, entity_type, entity_key, field, value, modified_on, mapping_version)
     SELECT 'MAILCHIMP', 'Person', id, 'email', '${detection.uniqueHashPrefix}:' || id, modified_on, '1' FROM person`,
    `INSERT INTO sync_change (entity_key, address_hash) SELECT NULL, NULL FROM generate_series(1, 100)`,
    'ANALYZE',
  ])
    await run(statement);
  const [row] = await run('SELECT clock_timestamp()::text AS now');
  since = row.now;
  const rows = await run(
    `UPDATE person SET modified_on = clock_timestamp() WHERE id % ${PERSONS / CHANGED} = 0 RETURNING id`,
  );
  changed = rows.map(({ id }) => id);
});

afterAll(() => database?.close());

/** @returns how many rows of EMS's and our tables the work has read, by table. */
async function rowsRead(work: (em: EntityManager) => Promise<unknown>): Promise<number> {
  return database.orm.em.fork().transactional(async (em) => {
    await sql`SET LOCAL max_parallel_workers_per_gather = 0`.execute(em.getKysely());
    await work(em);
    const { rows } = await sql<{ read: number }>`
      SELECT max(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer AS read FROM pg_stat_xact_user_tables
      WHERE relname IN ('person', 'event_participant', 'sync_person', 'sync_unique_value')`.execute(em.getKysely());
    return rows[0]?.read ?? 0;
  });
}

/** The rows of the smallest slice of the full comparison, which every plan contains. None of them has changed. */
const SLICE = 200;

async function recordSliceInSync(): Promise<void> {
  const db = database.orm.em.fork().getKysely();
  await sql`
    UPDATE sync_person sr SET mapping_version = ${mapping.version}, sources_version = v.sources
    FROM (SELECT e.id, ${sourcesVersion(detection)} AS sources FROM person e ${joinHolders(detection)}
      WHERE e.id <= ${SLICE}) v
    WHERE v.id = sr.entity_key`.execute(db);
}

/** Sweeps have handed over everything up to a time. */
class HandedOver extends ComparisonState {
  override bound(): string {
    return since;
  }
}

describe(`with ${CHANGED} of ${PERSONS} rows changed, PostgreSQL reads few rows`, () => {
  test('to find their keys, and those of rows with an equal value', async () => {
    const read = await rowsRead(async (em) => {
      expect(await recentKeys(em, detection, since, { after: null, limit: 1_000 })).toHaveLength(CHANGED);
    });
    expect(read).toBeLessThanOrEqual(READ_AT_MOST);
  });

  test('to load them with what their mapping reads', async () => {
    const read = await rowsRead(async (em) => {
      expect(await loadPairsWithin(em, detection, changed)).toHaveLength(CHANGED);
    });
    expect(read).toBeLessThanOrEqual(READ_AT_MOST);
  });

  test('to note since when they have been due', async () => {
    const read = await rowsRead((em) =>
      writeDue(em, { process: 'MAILCHIMP', type: 'Person' }, { due: CHANGED, keys: changed }),
    );
    expect(read).toBeLessThanOrEqual(READ_AT_MOST);
  });

  /** Once for what is due, once for the condition of what goes first, and once for what must leave. */
  test('to plan a sweep, which looks at each of them three times at most', async () => {
    await recordSliceInSync();
    await run('CREATE SEQUENCE looked');
    const counted = { ...mapping, filter: `(${mapping.filter}) AND nextval('looked') > 0` };
    const locks = new AdvisoryLocks(database.url);
    const dependencies = dependenciesWith({
      orm: database.orm,
      locks,
      processes: new Map([
        [process.name, { process: { ...process, mappings: [counted] }, remote: {} as RemoteSystem }],
      ]),
      comparison: { fullEveryMs: 3_600_000, fullShare: 0, stampMarginMs: 600_000 },
      brakeLimits: { delete: { count: 100, share: 100 }, update: { count: 1_000, share: 100 } },
    });
    const steps = await planSweep(dependencies, new HandedOver(), { process: process.name });
    await locks.close();
    const [row] = await run('SELECT last_value::integer AS looks FROM looked');
    expect(steps).toEqual([expect.objectContaining({ kind: 'due', since })]);
    expect(row.looks).toBeLessThanOrEqual(3 * CHANGED + 2 * SLICE);
  });
});
