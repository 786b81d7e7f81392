import { sql } from 'kysely';
import { ComparisonState } from '../activities/comparison-state.ts';
import type { Dependencies } from '../activities/dependencies.ts';
import { findDue } from '../activities/find-due.ts';
import { keepMark } from '../activities/keep-mark.ts';
import { planSweep } from '../activities/plan-sweep.ts';
import { AdvisoryLocks } from '../database/advisory-locks.ts';
import { sourcesVersion, type Detection } from '../database/detection/due-query.ts';
import { joinHolders } from '../database/detection/unique-holders.ts';
import { migrate } from '../database/migrate.ts';
import { createOrm, type EntityManager, type Orm } from '../database/orm.ts';
import { entityTable, recordTable } from '../database/table-names.ts';
import type { LocalPostgres } from '../local/postgres.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { uniqueHashPrefix } from '../sync/unique-value.ts';
import { TARGETS } from '../targets/index.ts';
import type { RemoteSystem } from '../targets/remote-system.ts';
import { fillEms } from './fill-ems.ts';
import { cpuSecondsOf } from './process-costs.ts';

/** What PostgreSQL spends on one sweep's detection. */
export interface DetectionCost {
  /** Everything compared, nothing due. */
  readonly full: Spent;
  /** An everyday sweep with nothing due, a slice of the full comparison included. */
  readonly idle: Spent;
  /** An everyday sweep with 100 changed persons, up to the last page that is found. */
  readonly due: Spent;
}

export interface Spent {
  readonly cpuSeconds: number;
  /** Pages of 8 kB, read from the cache or from the disk. */
  readonly buffers: number;
}

const PROCESSES: readonly SyncProcessName[] = ['TAGSERVER', 'MAILCHIMP'];
const CHANGED = 100;
/** Connections of the sweeps: few, so that all of them can be asked to report what they have read. */
const CONNECTIONS = 4;
const SECRETS = [new Uint8Array(32).fill(7)];

/** Persons with a registration each, in step with two targets; filled by SQL. */
export async function measureDetection(
  postgres: LocalPostgres,
  size: number,
  say: (line: string) => void,
): Promise<DetectionCost> {
  const name = `detection_${size}`;
  await postgres.createDatabase(name);
  const databaseUrl = postgres.url(name);
  await migrate({ databaseUrl, withEms: true });
  const orm = await createOrm({ databaseUrl, poolSize: CONNECTIONS });
  const locks = new AdvisoryLocks(databaseUrl);
  try {
    say(`${size} persons: filling …`);
    await fill(orm, size);
    const dependencies: Dependencies = {
      orm,
      processes: new Map(
        TARGETS.filter(({ process }) => PROCESSES.includes(process.name)).map(({ process }) => [
          process.name,
          { process, remote: {} as RemoteSystem },
        ]),
      ),
      settleMs: 0,
      keys: SECRETS,
      conflictScope: 'entity',
      consentPolicy: 'ratchet',
      consentScope: 'target',
      missingLimit: { count: 10, share: 5 },
      brakeLimits: { delete: { count: 10, share: 5 }, update: { count: 1_000, share: 50 } },
      retentionDays: 180,
      journalDays: 30,
      assertOwnAccount: async () => {},
      locks,
    };
    const state = new ComparisonState();
    const cpu = (work: () => Promise<unknown>) => spentBy(postgres, orm, work);
    const full = await cpu(() => sweepAll({ dependencies, state }, 0));
    await sweepAll({ dependencies, state }, 0);
    const idle = await cpu(() => sweepAll({ dependencies, state }, 0));
    await orm.em
      .fork()
      .execute(
        `UPDATE person SET last_name = last_name || '!', modified_on = clock_timestamp() WHERE id <= ${CHANGED}`,
      );
    const due = await cpu(() => sweepAll({ dependencies, state }, CHANGED));
    return { full, idle, due };
  } finally {
    await locks.close();
    await orm.close();
    await postgres.dropDatabase(name);
  }
}

/** @throws Error if a sweep does not find what is due, and nothing else. */
async function sweepAll(
  { dependencies, state }: { readonly dependencies: Dependencies; readonly state: ComparisonState },
  expected: number,
): Promise<void> {
  for (const process of PROCESSES) {
    const steps = await planSweep(dependencies, state, { process });
    const mark = steps.flatMap((step) => (step.kind === 'stopped' ? [] : (step.mark ?? [])))[0];
    const found = new Set<string>();
    for (const step of steps) {
      if (step.kind !== 'due') continue;
      let after: string | null = null;
      do {
        const page = await findDue(dependencies, { process, ...step, after, limit: 200 });
        for (const key of page.keys) found.add(`${step.type}/${key}`);
        after = page.next;
      } while (after !== null);
    }
    // As a sweep does at its end. A plan that has compared everything has done so already.
    if (mark !== undefined) await keepMark(dependencies, state, { process, mark, except: [] });
    if (found.size !== expected) throw new Error(`${process}: ${found.size} rows are due instead of ${expected}`);
  }
}

async function fill(orm: Orm, size: number): Promise<void> {
  await fillEms(orm, size);
  const em = orm.em.fork();
  for (const { process } of TARGETS) {
    if (!PROCESSES.includes(process.name)) continue;
    for (const mapping of process.mappings) {
      const detection = {
        process: process.name,
        mapping,
        mappingVersion: mapping.version,
        settleMs: 0,
        uniqueHashPrefix: uniqueHashPrefix(SECRETS),
      };
      await storeValues(em, detection);
      await em.execute('ANALYZE sync_unique_value');
      await recordAll(em, size, detection);
    }
  }
  await em.execute('VACUUM ANALYZE');
  await em.execute('CHECKPOINT');
}

/** As the engine stores them, except that nothing is hashed: no two rows have an equal value. */
async function storeValues(em: EntityManager, { process, mapping, mappingVersion }: Detection): Promise<void> {
  for (const field of Object.keys(mapping.uniqueValues ?? {})) {
    await sql`
      INSERT INTO sync_unique_value (sync_process, entity_type, entity_key, field, value, modified_on, mapping_version)
      SELECT ${process}, ${mapping.type}, e.id, ${field}, ${`${uniqueHashPrefix(SECRETS)}:`} || md5(e.id::text), e.modified_on, ${mappingVersion}
      FROM ${sql.raw(entityTable(mapping.type))} e WHERE (${sql.raw(mapping.filter)})`.execute(em.getKysely());
  }
}

const FIRST_SLICE = 1_000;
const SLICE = 100_000;

/**
 * With statistics after a few rows: without any of this process, PostgreSQL reads all of its records to find one, so
 * that the time would grow with the square of their number.
 */
async function recordAll(em: EntityManager, size: number, detection: Detection): Promise<void> {
  await record(em, detection, { above: 0, upTo: FIRST_SLICE });
  await em.execute(`ANALYZE ${recordTable(detection.mapping.type)}`);
  for (let above = FIRST_SLICE; above < size; above += SLICE) {
    await record(em, detection, { above, upTo: above + SLICE });
  }
}

async function record(
  em: EntityManager,
  detection: Detection,
  { above, upTo }: { readonly above: number; readonly upTo: number },
): Promise<void> {
  const { process, mapping, mappingVersion } = detection;
  await sql`
    INSERT INTO ${sql.raw(recordTable(mapping.type))} (sync_process, entity_id, entity_key, state, entity_synced_on,
      mapping_version, sources_version, remote_id, updated_on)
    SELECT ${process}, e.id, e.id, 'IN_SYNC', e.modified_on, ${mappingVersion}, ${sourcesVersion(detection)}, e.id,
      now() - interval '1 day'
    FROM ${sql.raw(entityTable(mapping.type))} e ${joinHolders(detection)}
    WHERE e.id > ${above} AND e.id <= ${upTo} AND (${sql.raw(mapping.filter)})`.execute(em.getKysely());
}

async function spentBy({ process: { pid } }: LocalPostgres, orm: Orm, work: () => Promise<unknown>): Promise<Spent> {
  const buffersBefore = await buffersOf(orm);
  const before = cpuSecondsOf(pid);
  await work();
  const cpuSeconds = cpuSecondsOf(pid) - before;
  return { cpuSeconds: Math.round(cpuSeconds * 100) / 100, buffers: (await buffersOf(orm)) - buffersBefore };
}

/** A session reports what it has read only now and then, unless it is asked to. */
async function buffersOf(orm: Orm): Promise<number> {
  const ask = () => orm.em.fork().execute('SELECT pg_stat_force_next_flush(), pg_sleep(0.2)');
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
  const [row] = await orm.em
    .fork()
    .execute<[{ read: string }]>(
      'SELECT blks_hit + blks_read AS read FROM pg_stat_database WHERE datname = current_database()',
    );
  return Number(row.read);
}
