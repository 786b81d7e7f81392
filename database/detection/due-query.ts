import { sql, type RawBuilder } from 'kysely';
import { ADDRESS_FIELD } from '../../sync/address-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { reasonsFromElsewhere } from '../../sync/suppression.ts';
import { UNCONFIRMED_STATES } from '../../sync/sync-state.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { entityTable, recordTable } from '../table-names.ts';
import { isHolderRow, type Detection } from './detection.ts';
import { holdersVersion, joinHolders, ownValueAlias } from './unique-holders.ts';

export type { DetectedMapping, Detection } from './detection.ts';

/** Why a row is due. */
export type DueReason =
  | 'new'
  | 'restored'
  | 'filter'
  | 'unconfirmed'
  | 'changed'
  | 'sources'
  | 'mapping'
  | 'values'
  | 'awaited'
  | 'unread-answer'
  | 'deleted'
  | 'filtered-out';

const inQuotes = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

const quoted = (words: readonly string[]) => sql.raw(inQuotes(words));

/**
 * `sources_version` of the row `e`: count and sum of the microseconds of the rows that its mapping reads and of
 * applicable refusals at other targets; then the first holder of each of its unique values. Requires {@link
 * joinHolders}.
 */
export function sourcesVersion(detection: Detection): RawBuilder<string | null> {
  const rows = sourceTimes(detection);
  const times =
    rows === null
      ? null
      : sql<string>`(SELECT count(*) || ':' || coalesce(sum(trunc(extract(epoch FROM s.modified_on) * 1000000)), 0) FROM ${rows} s)`;
  const holders = holdersVersion(detection);
  if (holders === null) return times ?? sql<null>`NULL::text`;
  return times === null ? holders : sql`${times} || ${holders}`;
}

/** The newest time of `e` and the rows that its mapping reads, by which the settle time is measured. */
export function newestTime(detection: Detection): RawBuilder<string> {
  const rows = sourceTimes(detection);
  if (rows === null) return sql`e.modified_on`;
  return sql`greatest(e.modified_on, (SELECT max(s.modified_on) FROM ${rows} s))`;
}

function sourceTimes(detection: Detection): RawBuilder<unknown> | null {
  const { mapping } = detection;
  const selects = Object.values(mapping.sources).flatMap((rows) =>
    isHolderRow(rows) ? [] : [`SELECT s.modified_on FROM ${entityTable(rows.type)} s WHERE ${rows.where}`],
  );
  const all = [...selects, ...refusedElsewhere(detection)];
  return all.length === 0 ? null : sql.raw(`(${all.join(' UNION ALL ')})`);
}

/**
 * Refusals at other targets that apply to the person `e`, or to the address that this target last received. As part of
 * the sources, a refusal that is entered or lifted makes the row due, even during its delivery.
 */
function refusedElsewhere({ process, mapping, consentScope = 'target' }: Detection): string[] {
  const channels = mapping.consent?.channels ?? [];
  if (channels.length === 0) return [];
  const counts = `s.sync_process <> '${process}' AND NOT s.presumed AND s.channel IN (${inQuotes(channels)})
    AND s.reason IN (${inQuotes(reasonsFromElsewhere(consentScope))})`;
  // Two index look-ups. A row found by both counts twice, consistently everywhere.
  return [
    `SELECT s.since AS modified_on FROM sync_suppression s WHERE s.entity_key = e.id AND ${counts}`,
    `SELECT s.since AS modified_on FROM ${recordTable(mapping.type)} r
      JOIN sync_suppression s ON s.address_hash = r.base ->> '${ADDRESS_FIELD}'
      WHERE r.sync_process = '${process}' AND r.entity_key = e.id AND ${counts}`,
  ];
}

/**
 * A referenced row has reached the target; or a row of the same type with a value that this one needs was written
 * since, or is gone.
 */
function awaitedArrived({ process, mapping }: Detection): RawBuilder<boolean> {
  const cases = mapping.referencedTypes.map(
    (type) => sql`WHEN ${sql.lit(type)} THEN EXISTS (
      SELECT FROM ${sql.raw(recordTable(type))} awaited
      WHERE awaited.sync_process = ${process} AND (awaited.remote_id IS NOT NULL OR awaited.state = 'SHARED') AND awaited.reissued IS NULL
        AND awaited.entity_key = split_part(sr.waiting_for, '/', 2)::bigint)`,
  );
  return sql`CASE split_part(sr.waiting_for, '/', 1) ${sql.join(cases, sql` `)}
    WHEN ${sql.lit(mapping.type)} THEN NOT EXISTS (
      SELECT FROM ${sql.raw(recordTable(mapping.type))} awaited
      WHERE awaited.sync_process = ${process} AND awaited.updated_on <= sr.updated_on
        AND awaited.entity_key = split_part(sr.waiting_for, '/', 2)::bigint)
    ELSE true END`;
}

/** Parked because the program could not parse an answer: retried every hour, and at once by another version. */
const isTriedAgain = sql<boolean>`(sr.state = 'PARKED' AND sr.last_error_class = 'contract' AND sr.program_version IS NOT NULL
  AND (sr.program_version <> ${sql.lit(PROGRAM_VERSION)} OR sr.updated_on < statement_timestamp() - interval '1 hour'))`;

function reason(detection: Detection): RawBuilder<DueReason | null> {
  return sql`CASE
    WHEN sr.id IS NULL THEN 'new'
    WHEN sr.state IN ('UNLINKED', 'ERASED') THEN NULL
    WHEN sr.entity_id IS NULL THEN 'restored'
    WHEN sr.state = 'REMOVED' THEN 'filter'
    WHEN sr.state IN (${quoted(UNCONFIRMED_STATES)}) THEN 'unconfirmed'
    WHEN e.modified_on IS DISTINCT FROM coalesce(sr.evaluated_on, sr.entity_synced_on) THEN 'changed'
    WHEN ${sourcesVersion(detection)} IS DISTINCT FROM sr.sources_version THEN 'sources'
    WHEN sr.mapping_version IS DISTINCT FROM ${detection.mappingVersion} THEN 'mapping'
    WHEN ${valuesAreOld(detection)} THEN 'values'
    WHEN sr.state IN ('WAITING', 'PARKED') AND sr.waiting_for IS NOT NULL AND ${awaitedArrived(detection)} THEN 'awaited'
    WHEN ${isTriedAgain} THEN 'unread-answer'
  END`;
}

/** The stored unique values belong to an older state of the row, or were made with another key. */
function valuesAreOld({ mapping, uniqueHashPrefix }: Detection): RawBuilder<boolean> {
  const alias = ownValueAlias(mapping);
  if (alias === null) return sql`false`;
  const own = sql.raw(alias);
  const otherKey =
    uniqueHashPrefix === undefined ? sql`false` : sql`split_part(${own}.value, ':', 1) <> ${uniqueHashPrefix}`;
  return sql`(${own}.modified_on IS DISTINCT FROM e.modified_on OR ${otherKey})`;
}

/** Restricts the due rows; left out: all. */
export interface Among {
  /** Only keys above this one; null: from the beginning. */
  readonly after?: EntityKey | null;
  /** The highest key to return; null: unlimited. */
  readonly upTo?: EntityKey | null;
  /** SQL condition on the row `e`. */
  readonly condition?: string | undefined;
  /** Only these keys. */
  readonly keys?: readonly EntityKey[] | undefined;
}

/**
 * The detection query: every row that passes the filter and differs from its record. Columns `key`, `reason`,
 * `modified_on`, and `age` (`settled`, `unsettled`, or `future` for a timestamp ahead of the database's clock). Every
 * sweep checks a `future` row, because its timestamp does not show when it changed.
 *
 * `OFFSET 0` keeps PostgreSQL from computing the reason more than once, and from computing the newest time of rows that
 * are not due.
 */
export function dueRows(
  detection: Detection,
  { after = null, upTo = null, condition, keys }: Among = {},
): RawBuilder<unknown> {
  const { mapping, settleMs } = detection;
  return sql`
    SELECT due.*, CASE
      WHEN due.newest > statement_timestamp() THEN 'future'
      WHEN due.newest > statement_timestamp() - ${settleMs} * interval '1 millisecond' THEN 'unsettled'
      ELSE 'settled' END AS age
    FROM (
      SELECT e.id AS key, e.modified_on, sr.state, sr.entity_synced_on, times.newest, why.reason
      FROM ${sql.raw(entityTable(mapping.type))} e
      ${keys === undefined ? allRecords(detection) : records(detection)}
      ${joinHolders(detection, keys)}
      CROSS JOIN LATERAL (SELECT ${reason(detection)} AS reason OFFSET 0) why
      CROSS JOIN LATERAL (SELECT CASE WHEN why.reason IS NOT NULL THEN ${newestTime(detection)} END AS newest OFFSET 0) times
      WHERE ${sql.raw(`(${mapping.filter})`)} AND why.reason IS NOT NULL
        AND ${keys === undefined ? sql`true` : sql`e.id = ANY (${[...keys]}::bigint[])`}
        AND ${after === null ? sql`true` : sql`e.id > ${after}::bigint`}
        AND ${upTo === null ? sql`true` : sql`e.id <= ${upTo}::bigint`}
        AND ${condition === undefined ? sql`true` : sql.raw(`(${condition})`)}
    ) due`;
}

const allRecords = ({ process, mapping }: Detection): RawBuilder<unknown> =>
  sql`LEFT JOIN ${sql.raw(recordTable(mapping.type))} sr ON sr.entity_key = e.id AND sr.sync_process = ${process}`;

/** For each row by the index, also while PostgreSQL has no statistics of the process's first records. */
const records = ({ process, mapping }: Detection): RawBuilder<unknown> =>
  sql`LEFT JOIN LATERAL (SELECT r.* FROM ${sql.raw(recordTable(mapping.type))} r
    WHERE r.entity_key = e.id AND r.sync_process = ${process} OFFSET 0) sr ON true`;

/**
 * Every record whose row was deleted in EMS, or no longer passes the filter and is not yet removed: columns `key`,
 * `reason`, and `begun` (an attempt is not confirmed). An orphan's record is deleted in any state, unless the target
 * keeps what EMS has deleted: then the record stays, so that the remote never comes back as a new row.
 */
export function goneRows({ process, mapping }: Detection, keys?: readonly EntityKey[]): RawBuilder<unknown> {
  return sql`
    SELECT sr.entity_key AS key, CASE WHEN e.id IS NULL THEN 'deleted' ELSE 'filtered-out' END AS reason,
      sr.state IN (${quoted(UNCONFIRMED_STATES)}) AS begun
    FROM ${sql.raw(recordTable(mapping.type))} sr
    LEFT JOIN ${sql.raw(entityTable(mapping.type))} e ON e.id = sr.entity_key
    WHERE sr.sync_process = ${process} AND sr.entity_key IS NOT NULL
      AND ${keys === undefined ? sql`true` : sql`sr.entity_key = ANY (${[...keys]}::bigint[])`}
      AND ((e.id IS NULL AND NOT (sr.state = 'REMOVED' AND sr.remote_id IS NOT NULL))
        OR (sr.state NOT IN ('REMOVED', 'UNLINKED', 'ERASED') AND (${sql.raw(mapping.filter)}) IS NOT TRUE))`;
}
