import { sql } from 'kysely';
import { readComparisons } from '../database/detection/comparisons.ts';
import { dueRows, goneRows, type Detection } from '../database/detection/due-query.ts';
import { readHolds, type Hold } from '../database/records/missing.ts';
import type { EntityManager, Orm } from '../database/orm.ts';
import { entityTable, recordTable } from '../database/table-names.ts';
import type { EntityType } from '../sync/entity-type.ts';
import { DESCRIBED_ELSEWHERE } from '../sync/suppression.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import { detectionOf, type DetectionSettings } from './detection-of.ts';

/**
 * The state of one type's rows at one target. A row that passes the filter is in exactly one of `inSync`, `due`,
 * `waiting`, `failing`, `parked`, `suppressed`, `linked`, `unlinked`. A row that must still leave the target also counts
 * as due (or failing, or waiting), but not in `total`; so does a remote record without a row in EMS, as parked or waiting.
 */
export interface TypeStatus {
  /** Rows that belong on the target. */
  readonly total: number;
  readonly inSync: number;
  readonly due: number;
  readonly waiting: number;
  readonly failing: number;
  readonly parked: number;
  /** Includes erased ones. */
  readonly suppressed: number;
  /** Suppressed rows that were refused at another target and not at this one. */
  readonly refusedElsewhere: number;
  /** SHARED rows: another row's remote record represents them, too. */
  readonly linked: number;
  /** UNLINKED rows: left alone because an operator has unlinked them, or because their remote record is gone. */
  readonly unlinked: number;
  /** Records of rows deleted in EMS, except those whose remote record the target keeps permanently. */
  readonly orphans: number;
  /**
   * Age of the oldest due change by the database's clock; null when no change is due. EMS stores no time for a removal.
   */
  readonly oldestDueSeconds: number | null;
  /** Seconds since the sweeps compared every row of the type; null: never. */
  readonly comparedSeconds: number | null;
}

type TypeCounts = Omit<TypeStatus, 'comparedSeconds'>;

export interface Status {
  /** Nothing is due, waiting, failing, held or stopped. */
  readonly inStep: boolean;
  /**
   * Rows that are missing at the target, or differ from EMS, until a human looks at them. They do not affect `inStep`.
   */
  readonly parked: number;
  /** Rows that are left alone: they are not synced with anything, and do not affect `inStep` either. */
  readonly unlinked: number;
  /** Work that polls hold back until an operator approves it. */
  readonly held: readonly Hold[];
  readonly processes: Readonly<Partial<Record<SyncProcessName, Readonly<Partial<Record<EntityType, TypeStatus>>>>>>;
}

/**
 * The state of every type of these processes, one snapshot per type.
 *
 * @param settings of the sweeps. A change counts as due from its commit, settled or not.
 */
export async function readStatus(
  orm: Orm,
  processes: readonly SyncProcess[],
  settings: DetectionSettings,
): Promise<Status> {
  const em = orm.em.fork();
  const compared = await readComparisons(em);
  const byProcess: [SyncProcessName, [EntityType, TypeStatus][]][] = [];
  for (const process of processes) {
    const types: [EntityType, TypeStatus][] = [];
    for (const mapping of process.mappings) {
      const counts = await readType(em, detectionOf(process, mapping, settings));
      const comparedSeconds = compared.get(`${process.name}/${mapping.type}`) ?? null;
      types.push([mapping.type, { ...counts, comparedSeconds }]);
    }
    byProcess.push([process.name, types]);
  }
  const ofTypes = byProcess.flatMap(([, types]) => types.map(([, type]) => type));
  const held = await readHolds(
    em,
    processes.map(({ name }) => name),
  );
  return {
    inStep: held.length === 0 && ofTypes.every((type) => type.due + type.waiting + type.failing === 0),
    parked: ofTypes.reduce((sum, type) => sum + type.parked, 0),
    unlinked: ofTypes.reduce((sum, type) => sum + type.unlinked, 0),
    held,
    processes: Object.fromEntries(byProcess.map(([process, types]) => [process, Object.fromEntries(types)])),
  };
}

async function readType(em: EntityManager, detection: Detection): Promise<TypeCounts> {
  const { process, mapping, mappingVersion } = detection;
  const records = sql.raw(recordTable(mapping.type));
  const entities = sql.raw(entityTable(mapping.type));
  const { rows } = await sql<Counts>`
    WITH passing AS (
      SELECT sr.state, sr.last_error,
        due.key IS NOT NULL AND (due.age = 'future' AND ${judgedAhead(mappingVersion)}) IS NOT TRUE AS due,
        CASE due.reason WHEN 'sources' THEN due.newest ELSE due.modified_on END AS changed_on
      FROM ${entities} e
      LEFT JOIN ${records} sr ON sr.entity_key = e.id AND sr.sync_process = ${process}
      LEFT JOIN (${dueRows(detection)}) due ON due.key = e.id
      WHERE (${sql.raw(mapping.filter)})
    ), counted AS (
      SELECT CASE
          WHEN state IN ('FAILING', 'WAITING') THEN state
          WHEN due THEN 'due'
          ELSE state END AS class,
        true AS passes, changed_on, last_error
      FROM passing
      UNION ALL
      SELECT CASE WHEN sr.state IN ('FAILING', 'WAITING') THEN sr.state ELSE 'due' END, false, NULL, NULL
      FROM (${goneRows(detection)}) gone
      JOIN ${records} sr ON sr.entity_key = gone.key AND sr.sync_process = ${process}
      WHERE NOT ${nothingToRemove}
      UNION ALL
      SELECT CASE WHEN sr.state IN ('PARKED', 'WAITING', 'FAILING') THEN sr.state ELSE 'due' END, false, NULL, NULL
      FROM ${records} sr WHERE sr.sync_process = ${process} AND sr.entity_key IS NULL AND sr.state NOT IN ('SHARED', 'UNLINKED', 'REMOVED')
    )
    SELECT count(*) FILTER (WHERE passes)::integer AS total,
      count(*) FILTER (WHERE class = 'IN_SYNC')::integer AS "inSync",
      count(*) FILTER (WHERE class = 'due')::integer AS due,
      count(*) FILTER (WHERE class = 'WAITING')::integer AS waiting,
      count(*) FILTER (WHERE class = 'FAILING')::integer AS failing,
      count(*) FILTER (WHERE class = 'PARKED')::integer AS parked,
      count(*) FILTER (WHERE class IN ('SUPPRESSED', 'ERASED'))::integer AS suppressed,
      count(*) FILTER (WHERE class = 'SUPPRESSED' AND last_error ~ ${DESCRIBED_ELSEWHERE})::integer AS "refusedElsewhere",
      count(*) FILTER (WHERE class = 'SHARED')::integer AS linked,
      count(*) FILTER (WHERE class = 'UNLINKED')::integer AS unlinked,
      (SELECT count(*)::integer FROM ${records} sr
        WHERE sr.sync_process = ${process} AND sr.entity_key IS NOT NULL AND NOT ${keptByTarget}
          AND NOT EXISTS (SELECT FROM ${entities} e WHERE e.id = sr.entity_key)) AS orphans,
      ${ageInSeconds} AS "oldestDueSeconds",
      count(*) FILTER (WHERE class = 'due' AND changed_on IS NOT NULL)::integer AS "dueChanges"
    FROM counted`.execute(em.getKysely());
  const [counts] = rows;
  if (counts === undefined) throw new Error('a count without a row');
  const { dueChanges, oldestDueSeconds, ...status } = counts;
  return { ...status, oldestDueSeconds: dueChanges === 0 ? null : oldestDueSeconds };
}

/** A row may have any timestamp that PostgreSQL can store; limit it so that the age fits an integer. */
const ageInSeconds = sql`floor(least(2147483647, greatest(0, extract(epoch FROM statement_timestamp())
  - extract(epoch FROM min(changed_on) FILTER (WHERE class = 'due')))))::integer`;

interface Counts extends TypeCounts {
  readonly dueChanges: number;
}

/**
 * Every sweep evaluates a row with a future timestamp and records a microsecond less (architecture rule 2), so the last
 * evaluation is still valid.
 */
const judgedAhead = (mappingVersion: string) => sql`(
  sr.state IN ('IN_SYNC', 'PARKED', 'SUPPRESSED', 'SHARED', 'ERASED') AND sr.mapping_version = ${mappingVersion}
  AND coalesce(sr.evaluated_on, sr.entity_synced_on) + interval '1 microsecond' = e.modified_on)`;

/** EMS has removed it, and the target keeps it by policy: nothing is left to do. */
const keptByTarget = sql`(sr.state = 'REMOVED' AND sr.remote_id IS NOT NULL)`;

/** The target never had it, or an operator unlinked it: only the record is deleted. */
const nothingToRemove = sql`(
  sr.state = 'UNLINKED' OR (sr.state IN ('REMOVED', 'SHARED', 'SUPPRESSED', 'ERASED') AND sr.remote_id IS NULL))`;

/** The overall state in a few words: `in step, 13 parked, 3 unlinked`. */
export function describeStep({ inStep, parked, unlinked }: Pick<Status, 'inStep' | 'parked' | 'unlinked'>): string {
  const said = [inStep ? 'in step' : 'not in step'];
  if (parked > 0) said.push(`${parked} parked`);
  if (unlinked > 0) said.push(`${unlinked} unlinked`);
  return said.join(', ');
}
