import { readFileSync, readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { ComparisonState } from '../activities/comparison-state.ts';
import type { Dependencies } from '../activities/dependencies.ts';
import { findDue } from '../activities/find-due.ts';
import { planSweep } from '../activities/plan-sweep.ts';
import { AdvisoryLocks } from '../database/advisory-locks.ts';
import { sourcesVersion, type Detection } from '../database/detection/due-query.ts';
import { joinHolders } from '../database/detection/unique-holders.ts';
import { migrate } from '../database/migrate.ts';
import { createOrm, type Orm } from '../database/orm.ts';
import { refreshOutdatedValues } from '../database/records/refresh-unique-values.ts';
import { entityTable, recordTable } from '../database/table-names.ts';
import type { LocalPostgres } from '../local/postgres.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { uniqueHashPrefix } from '../sync/unique-value.ts';
import { TARGETS } from '../targets/index.ts';
import type { RemoteSystem } from '../targets/remote-system.ts';

/** CPU seconds of PostgreSQL for one sweep's detection. */
export interface DetectionCost {
  /** Everything compared, nothing due. */
  readonly full: number;
  /** An everyday sweep with nothing due, a slice of the full comparison included. */
  readonly idle: number;
  /** An everyday sweep with 100 changed persons, up to the last page that is found. */
  readonly due: number;
}

const PROCESSES: readonly SyncProcessName[] = ['TAGSERVER', 'MAILCHIMP'];
const CHANGED = 100;
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
  const orm = await createOrm({ databaseUrl });
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
      assertOwnAccount: async () => {},
      locks,
    };
    const state = new ComparisonState();
    const cpu = (work: () => Promise<unknown>) => cpuOf(postgres, work);
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
    if (found.size !== expected) throw new Error(`${process}: ${found.size} rows are due instead of ${expected}`);
  }
}

async function fill(orm: Orm, size: number): Promise<void> {
  const em = orm.em.fork();
  const old = `now() - interval '1 day'`;
  const events = Math.max(1, Math.ceil(size / 5_000));
  for (const statement of [
    `INSERT INTO organisation (modified_on, name, country) SELECT ${old}, 'Club ' || n, 'PT' FROM generate_series(1, ${events}) n`,
    `INSERT INTO event (modified_on, organisation_id, name, status) SELECT ${old}, n, 'Event ' || n, 'OPEN' FROM generate_series(1, ${events}) n`,
    `INSERT INTO race (modified_on, event_id, name) SELECT ${old}, n, 'Race ' || n FROM generate_series(1, ${events}) n`,
    `INSERT INTO person (modified_on, first_name, last_name, email, organisation_id)
       SELECT ${old}, 'First', 'Last', 'p' || n || '@example.org', 1 + n % ${events} FROM generate_series(1, ${size}) n`,
    `INSERT INTO event_participant (modified_on, event_id, race_id, person_id, bib, status)
       SELECT ${old}, 1 + n % ${events}, 1 + n % ${events}, n, n, 'CONFIRMED' FROM generate_series(1, ${size}) n`,
    `INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in)
       SELECT ${old}, n, 'EMAIL', 'NEWSLETTER', true FROM generate_series(1, ${size}) n`,
    'VACUUM ANALYZE',
  ])
    await em.execute(statement);
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
      await refreshOutdatedValues(em, detection, SECRETS);
      await em.execute('ANALYZE sync_unique_value');
      await recordAll(orm, detection);
    }
  }
  await em.execute('VACUUM ANALYZE');
  await em.execute('CHECKPOINT');
}

async function recordAll(orm: Orm, detection: Detection): Promise<void> {
  const { process, mapping, mappingVersion } = detection;
  await sql`
    INSERT INTO ${sql.raw(recordTable(mapping.type))} (sync_process, entity_id, entity_key, state, entity_synced_on,
      mapping_version, sources_version, remote_id, updated_on)
    SELECT ${process}, e.id, e.id, 'IN_SYNC', e.modified_on, ${mappingVersion}, ${sourcesVersion(detection)}, e.id,
      now() - interval '1 day'
    FROM ${sql.raw(entityTable(mapping.type))} e ${joinHolders(detection)} WHERE (${sql.raw(mapping.filter)})`.execute(
    orm.em.fork().getKysely(),
  );
}

/** Linux only: CPU of the server and of its backends, those that have ended included. */
async function cpuOf({ process: { pid } }: LocalPostgres, work: () => Promise<unknown>): Promise<number> {
  const before = ticks(pid);
  await work();
  return (ticks(pid) - before) / TICKS_PER_SECOND;
}

const TICKS_PER_SECOND = 100;

function ticks(server: number): number {
  const backends = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && statOf(pid)[1] === String(server));
  return sum(statOf(server), [11, 12, 13, 14]) + backends.reduce((all, pid) => all + sum(statOf(pid), [11, 12]), 0);
}

/** The fields of a process's state, from the third; empty if it has ended. */
function statOf(pid: string | number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

const sum = (fields: readonly string[], columns: readonly number[]) =>
  columns.reduce((total, column) => total + Number(fields[column] ?? 0), 0);
