import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import { sql } from 'kysely';
import type { Detection } from '../../database/detection/detection.ts';
import { formatInstant, parseInstant } from '../../sync/instant.ts';
import { sourcesVersion } from '../../database/detection/due-query.ts';
import { findDuePage, findGonePage } from '../../database/detection/find-page.ts';
import { lowerBound, takeMoment, withMark, type SweepMark } from '../../database/detection/lower-bound.ts';
import { recentKeys } from '../../database/detection/recent-keys.ts';
import { scanDue, scanGone } from '../../database/detection/scan.ts';
import { joinHolders } from '../../database/detection/unique-holders.ts';
import { refreshOutdatedValues } from '../../database/records/refresh-unique-values.ts';
import { entityTable, recordTable } from '../../database/table-names.ts';
import { TARGETS } from '../../targets/index.ts';
import { uniqueHashPrefix } from '../../sync/unique-value.ts';
import { ConcurrentEms } from './concurrent-ems.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

/** A longer run: `FUZZ_RUNS=300`. */
const runs = (usual: number) => Number(process.env['FUZZ_RUNS'] ?? usual);

/** How time passes for EMS and for sweeps. EMS's clocks are off by up to nine tenths of the margin. */
interface Pace {
  readonly marginMs: number;
  /** How far everything lies in the past at the beginning. */
  readonly startMs: number;
  /** How much time each step takes, beside what it really takes. */
  readonly stepMs: number;
}

/** The margin is small beside the time between sweeps, so that a bound that is too late misses something. */
const MILLISECONDS: Pace = { marginMs: 50, startMs: 0, stepMs: 0 };

/** The margin and the errors of clocks are minutes, and so is the time between two steps. */
const MINUTES: Pace = { marginMs: 600_000, startMs: 43_200_000, stepMs: 60_000 };
const SECRETS = [new Uint8Array(32).fill(7)];
const ALL = { after: null, limit: 10_000 } as const;

let database: MigratedDatabase;
let ems: ConcurrentEms;

beforeAll(async () => {
  database = await migratedDatabase();
  ems = await ConcurrentEms.connect(database.url);
});

afterAll(async () => {
  await ems?.close();
  await database?.close();
});

/** Every type of these processes: filters over other tables, rows read beside, values of one row alone, children. */
const DETECTIONS: readonly Detection[] = TARGETS.filter(({ process }) =>
  ['TAGSERVER', 'MAILCHIMP'].includes(process.name),
).flatMap(({ process }) =>
  process.mappings.map((mapping) => ({
    process: process.name,
    mapping,
    mappingVersion: mapping.version,
    settleMs: 0,
    uniqueHashPrefix: uniqueHashPrefix(SECRETS),
  })),
);

const PERSONS = 6;

/** EMS before a run: half of its rows are old, and known to the targets. */
async function reset(): Promise<void> {
  await ems.endAll(false);
  await database.client.query(`TRUNCATE organisation, person, event, race, start_group, event_participant,
    start_group_participant, tag, contact_preference, sync_change, sync_unique_value, sync_suppression RESTART IDENTITY CASCADE`);
  for (const { mapping } of DETECTIONS) await database.client.query(`TRUNCATE ${recordTable(mapping.type)}`);
  const old = `clock_timestamp() - interval '3 days'`;
  for (const statement of [
    `INSERT INTO organisation (modified_on, name, country) SELECT ${old}, 'Club ' || n, 'PT' FROM generate_series(1, 2) n`,
    `INSERT INTO event (modified_on, organisation_id, name, status) SELECT ${old}, n, 'Event ' || n, 'OPEN' FROM generate_series(1, 2) n`,
    `INSERT INTO race (modified_on, event_id, name) SELECT ${old}, n, 'Race ' || n FROM generate_series(1, 2) n`,
    `INSERT INTO start_group (modified_on, race_id, name) SELECT ${old}, n, 'Group ' || n FROM generate_series(1, 2) n`,
    `INSERT INTO person (modified_on, first_name, email, organisation_id) SELECT ${old}, 'Person ' || n, 'p' || n / 2 || '@example.org', 1 + n % 2 FROM generate_series(1, ${PERSONS}) n`,
    `INSERT INTO event_participant (modified_on, event_id, race_id, person_id, bib) SELECT ${old}, 1 + n % 2, 1 + n % 2, n, n / 3 FROM generate_series(1, ${PERSONS - 2}) n`,
    `INSERT INTO start_group_participant (modified_on, start_group_id, event_participant_id) SELECT ${old}, 1 + n % 2, n FROM generate_series(1, ${PERSONS - 2}) n`,
    `INSERT INTO tag (modified_on, code, event_participant_id) SELECT ${old}, 'ABC' || n, n FROM generate_series(1, ${PERSONS - 2}) n`,
    `INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in) SELECT ${old}, n, 'EMAIL', 'NEWSLETTER', true FROM generate_series(1, ${PERSONS}) n`,
  ])
    await database.client.query(statement);
}

interface Write {
  readonly table: string;
  readonly rows: number;
  /** @param pick from the step, so that a run can be repeated. */
  readonly set: (pick: number) => string;
}

/** What EMS's statements change. */
const WRITES: readonly Write[] = [
  { table: 'person', rows: PERSONS, set: (pick) => `last_name = 'Name ${pick}'` },
  { table: 'person', rows: PERSONS, set: (pick) => `email = 'p${pick % 3}@example.org'` },
  { table: 'organisation', rows: 2, set: (pick) => `name = 'Club ${pick}'` },
  { table: 'event', rows: 2, set: () => `status = CASE status WHEN 'OPEN' THEN 'DRAFT' ELSE 'OPEN' END` },
  { table: 'event_participant', rows: PERSONS - 2, set: (pick) => `bib = '${pick % 3}'` },
  { table: 'tag', rows: PERSONS - 2, set: () => `kind = 'BIB'` },
  { table: 'contact_preference', rows: PERSONS, set: () => 'opted_in = NOT opted_in' },
];

const stamp = `clock_timestamp() + $1 * interval '1 millisecond'`;
const INSERTS: readonly ((pick: number) => string)[] = [
  () => `INSERT INTO person (modified_on, first_name, email) VALUES (${stamp}, 'New', 'p1@example.org')`,
  (pick) => `INSERT INTO event_participant (modified_on, event_id, race_id, person_id, bib)
     VALUES (${stamp}, ${1 + (pick % 2)}, ${1 + (pick % 2)}, ${1 + (pick % PERSONS)}, 1)`,
];

/** `off`: the error of EMS's clock, in hundredths of the margin. `pick`: what is written. */
type Step = readonly [action: number, session: number, row: number, off: number, pick: number];

const steps = fc.array(fc.tuple(fc.nat(99), fc.nat(3), fc.nat(99), fc.integer({ min: -90, max: 90 }), fc.nat(999)), {
  minLength: 20,
  maxLength: 60,
});

/** The state of one process's sweeps, and what they do. */
class Sweeps {
  readonly pace: Pace;
  #marks: readonly SweepMark[] = [];
  #passedMs = 0;

  constructor(pace: Pace) {
    this.pace = pace;
  }

  /** What the run's clock shows, less what PostgreSQL's shows. */
  get aheadMs(): number {
    return this.#passedMs - this.pace.startMs;
  }

  pass(): void {
    this.#passedMs += this.pace.stepMs;
  }

  /** @returns keys that the full comparison finds and the everyday one does not. */
  async sweep(ending: 'complete' | 'early'): Promise<string[]> {
    const em = database.orm.em.fork();
    await this.#setBackChanges();
    const moment = await takeMoment(em);
    const time = formatInstant(parseInstant(moment.time).add({ milliseconds: this.aheadMs }));
    const types = [...new Set(DETECTIONS.map(({ mapping }) => mapping.type))];
    const missed: string[] = [];
    for (const detection of DETECTIONS) {
      const since = lowerBound(this.#marks, detection.mapping.type, this.pace.marginMs);
      const recent = since === null ? {} : { keys: await recentKeys(em, detection, since, ALL) };
      await refreshOutdatedValues(em, detection, SECRETS, recent);
      const scope = since === null ? {} : { since };
      const due = (await scanDue(em, detection, { ...ALL, ...scope })).keys;
      const gone = (await scanGone(em, detection, { ...ALL, ...scope })).keys;
      const name = (key: string) => `${detection.process}/${detection.mapping.type}/${key}`;
      missed.push(...(await findDuePage(em, detection, ALL)).filter((key) => !due.includes(key)).map(name));
      missed.push(...(await findGonePage(em, detection, ALL)).filter((key) => !gone.includes(key)).map(name));
      if (ending === 'complete') await handOver(detection, due, gone, this.aheadMs);
    }
    if (ending === 'complete') this.#marks = withMark(this.#marks, { ...moment, time, types });
    return missed;
  }

  /** Triggers write PostgreSQL's own time. */
  async #setBackChanges(): Promise<void> {
    if (this.pace.startMs === 0) return;
    await database.client.query(
      `UPDATE sync_change SET written_on = written_on + $1 * interval '1 millisecond'
       WHERE written_on > clock_timestamp() - interval '1 hour'`,
      [this.aheadMs],
    );
  }
}

/** Writes the records, as children do that read their row in one snapshot. */
async function handOver(
  detection: Detection,
  due: readonly string[],
  gone: readonly string[],
  aheadMs: number,
): Promise<void> {
  const now = sql`clock_timestamp() + ${aheadMs} * interval '1 millisecond'`;
  const { process: name, mapping, mappingVersion } = detection;
  const kysely = database.orm.em.fork().getKysely();
  const table = sql.raw(recordTable(mapping.type));
  await sql`
    INSERT INTO ${table} AS sr (sync_process, entity_id, entity_key, state, entity_synced_on, mapping_version, sources_version, remote_id, updated_on)
    SELECT ${name}, e.id, e.id, 'IN_SYNC', e.modified_on, ${mappingVersion}, ${sourcesVersion(detection)}, e.id, ${now}
    FROM ${sql.raw(entityTable(mapping.type))} e ${joinHolders(detection, due)} WHERE e.id = ANY (${[...due]}::bigint[])
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET entity_id = EXCLUDED.entity_id, state = 'IN_SYNC',
      entity_synced_on = EXCLUDED.entity_synced_on, mapping_version = EXCLUDED.mapping_version,
      sources_version = EXCLUDED.sources_version, remote_id = EXCLUDED.remote_id, updated_on = EXCLUDED.updated_on`.execute(
    kysely,
  );
  await sql`UPDATE ${table} SET state = 'REMOVED', remote_id = NULL, updated_on = ${now}
    WHERE sync_process = ${name} AND entity_key = ANY (${[...gone]}::bigint[])`.execute(kysely);
}

/** @returns what sweeps missed. */
async function take([action, session, row, off, pick]: Step, sweeps: Sweeps): Promise<string[]> {
  sweeps.pass();
  const offMs = sweeps.aheadMs + (off * sweeps.pace.marginMs) / 100;
  if (action < 22) return sweeps.sweep(action < 18 ? 'complete' : 'early');
  if (action < 60) {
    const { table, rows, set } = WRITES[action % WRITES.length] ?? WRITES[0]!;
    await ems.write(session, table, 1 + (row % rows), { set: set(pick), offMs });
  } else if (action < 68) await ems.insert(session, INSERTS[action % INSERTS.length]?.(pick) ?? '', offMs);
  else if (action < 80) await ems.begin(session);
  else if (action < 84) await ems.savepoint(session);
  else if (action < 86) await ems.toSavepoint(session);
  else if (action < 91) await ems.end(session, 'COMMIT');
  else if (action < 93) await ems.end(session, 'ROLLBACK');
  else if (action < 97) await ems.prepare(session);
  else await ems.endPrepared(action === 97 ? 'ROLLBACK' : 'COMMIT');
  return [];
}

describe('everyday detection', () => {
  test.each([
    ['by milliseconds', MILLISECONDS, 4],
    ['by minutes', MINUTES, 1],
  ])(
    'misses nothing that the full comparison finds, whatever transactions are open, prepared or rolled back, and clocks off %s',
    async (_name, pace, usual) => {
      await fc.assert(
        fc.asyncProperty(steps, async (run) => {
          await reset();
          const sweeps = new Sweeps(pace);
          await sweeps.sweep('complete');
          for (const step of run) expect(await take(step, sweeps)).toEqual([]);
          expect(await sweeps.sweep('complete')).toEqual([]);
          await ems.endAll(true);
          expect(await sweeps.sweep('complete')).toEqual([]);
        }),
        { numRuns: runs(usual), endOnFailure: true },
      );
    },
    // A long run is to find something, not to be quick.
    Math.max(600_000, runs(0) * 60_000),
  );
});
