import { sql, type RawBuilder } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { ADDRESS_FIELD } from '../../sync/address-hash.ts';
import { reasonsFromElsewhere, type Channel, type ConsentScope } from '../../sync/suppression.ts';
import { UNCONFIRMED_STATES } from '../../sync/sync-state.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { SourceRowTypes } from '../entities/index.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { entityTable, recordTable } from '../table-names.ts';

/** What detection has to know of a mapping; the SQL in it comes from our own declarations, never from outside. */
export interface DetectedMapping {
  readonly type: EntityType;
  readonly filter: string;
  readonly sources: { readonly [name: string]: { readonly type: keyof SourceRowTypes; readonly where: string } };
  readonly referencedTypes: readonly EntityType[];
  /** Which rows `s` would be one remote record with `e`, and who of them comes first. */
  readonly sharing?: { readonly where: string; readonly order: string } | null;
  /** The channels on which rows stand for a person's consent: what other targets have learnt of refusals is read beside them. */
  readonly consent?: { readonly channels: readonly Channel[] } | null;
}

export interface Detection {
  readonly process: SyncProcessName;
  readonly mapping: DetectedMapping;
  readonly mappingVersion: string;
  /** How long a change must have been visible before a sweep takes it, in milliseconds of the database's clock. */
  readonly settleMs: number;
  /** The setting CONSENT_SCOPE. Left out: `target`. */
  readonly consentScope?: ConsentScope;
}

/** Why a row is due. */
export type DueReason =
  | 'new'
  | 'restored'
  | 'filter'
  | 'unconfirmed'
  | 'changed'
  | 'sources'
  | 'mapping'
  | 'awaited'
  | 'unread-answer'
  | 'deleted'
  | 'filtered-out';

const inQuotes = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

const quoted = (words: readonly string[]) => sql.raw(inQuotes(words));

/**
 * `sources_version` of the row `e`: count and sum of the microseconds of the rows that its mapping reads beside it, and of the
 * refusals at other targets that count at this one.
 */
export function sourcesVersion(detection: Detection): RawBuilder<string | null> {
  const rows = sourceTimes(detection);
  if (rows === null) return sql<null>`NULL::text`;
  return sql`(SELECT count(*) || ':' || coalesce(sum(trunc(extract(epoch FROM s.modified_on) * 1000000)), 0) FROM ${rows} s)`;
}

/** The newest time among `e` and the rows that its mapping reads: what the settle time looks at. */
export function newestTime(detection: Detection): RawBuilder<string> {
  const rows = sourceTimes(detection);
  if (rows === null) return sql`e.modified_on`;
  return sql`greatest(e.modified_on, (SELECT max(s.modified_on) FROM ${rows} s))`;
}

const othersSharing = ({ where }: { readonly where: string }) => `s.id <> e.id AND (${where})`;

/**
 * The owner of the one remote record of `e` and the rows that share it: the row that has it already, else the first in the
 * declared order; `e` itself if it shares with no other row.
 */
export function sharedOwner({ process, mapping }: Detection): RawBuilder<EntityKey> {
  const { sharing } = mapping;
  if (sharing == null) return sql`e.id`;
  const table = sql.raw(entityTable(mapping.type));
  return sql`(
    SELECT s.id FROM (
      SELECT s.* FROM ${table} s WHERE ${sql.raw(othersSharing(sharing))}
        AND EXISTS (SELECT FROM ${table} e WHERE e.id = s.id AND (${sql.raw(mapping.filter)}))
      UNION ALL SELECT e.*
    ) s
    LEFT JOIN ${sql.raw(recordTable(mapping.type))} r ON r.sync_process = ${process} AND r.entity_key = s.id
    WHERE coalesce(r.state NOT IN ('UNLINKED', 'ERASED'), true) OR s.id = e.id
    ORDER BY r.remote_id IS NULL, ${sql.raw(sharing.order)}, s.id LIMIT 1)`;
}

function sourceTimes(detection: Detection): RawBuilder<unknown> | null {
  const { mapping } = detection;
  const sharing = mapping.sharing == null ? [] : [{ type: mapping.type, where: othersSharing(mapping.sharing) }];
  const selects = [...Object.values(mapping.sources), ...sharing].map(
    ({ type, where }) => `SELECT s.modified_on FROM ${entityTable(type)} s WHERE ${where}`,
  );
  const all = [...selects, ...refusedElsewhere(detection)];
  return all.length === 0 ? null : sql.raw(`(${all.join(' UNION ALL ')})`);
}

/**
 * What other targets hold against the person `e`, or against the address that this target was last given. As a part of the sources,
 * a refusal that is entered or lifted makes the row due, also while a delivery of it is under way.
 */
function refusedElsewhere({ process, mapping, consentScope = 'target' }: Detection): string[] {
  const channels = mapping.consent?.channels ?? [];
  if (channels.length === 0) return [];
  return [
    `SELECT s.since AS modified_on FROM sync_suppression s
    WHERE s.sync_process <> '${process}' AND NOT s.presumed AND s.channel IN (${inQuotes(channels)})
      AND s.reason IN (${inQuotes(reasonsFromElsewhere(consentScope))})
      AND (s.entity_key = e.id OR s.address_hash = (SELECT r.base ->> '${ADDRESS_FIELD}' FROM ${recordTable(mapping.type)} r
        WHERE r.sync_process = '${process}' AND r.entity_key = e.id))`,
  ];
}

/**
 * A row that is referred to has reached the target; or one of the same type, which held a value that this one needs, was
 * written since, or is gone.
 */
function awaitedArrived({ process, mapping }: Detection): RawBuilder<boolean> {
  const cases = mapping.referencedTypes.map(
    (type) => sql`WHEN ${sql.lit(type)} THEN EXISTS (
      SELECT FROM ${sql.raw(recordTable(type))} awaited
      WHERE awaited.sync_process = ${process} AND (awaited.remote_id IS NOT NULL OR awaited.state = 'SHARED')
        AND awaited.entity_key = split_part(sr.waiting_for, '/', 2)::bigint)`,
  );
  return sql`CASE split_part(sr.waiting_for, '/', 1) ${sql.join(cases, sql` `)}
    WHEN ${sql.lit(mapping.type)} THEN NOT EXISTS (
      SELECT FROM ${sql.raw(recordTable(mapping.type))} awaited
      WHERE awaited.sync_process = ${process} AND awaited.updated_on <= sr.updated_on
        AND awaited.entity_key = split_part(sr.waiting_for, '/', 2)::bigint)
    ELSE true END`;
}

/** Parked because of an answer that the program could not read: tried again every hour, and at once by another version. */
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
    WHEN sr.state = 'WAITING' AND ${awaitedArrived(detection)} THEN 'awaited'
    WHEN ${isTriedAgain} THEN 'unread-answer'
  END`;
}

/**
 * The detection query: every row that passes the filter and differs from its own record. Columns `key`, `reason`,
 * `modified_on`, and `age` (`settled`, `unsettled`, or `future` for a stamp ahead of the database's clock).
 * A `future` row is looked at in every sweep, because its stamp says nothing of when it changed.
 */
export function dueRows(detection: Detection): RawBuilder<unknown> {
  const { process, mapping, settleMs } = detection;
  return sql`
    SELECT due.*, CASE
      WHEN due.newest > statement_timestamp() THEN 'future'
      WHEN due.newest > statement_timestamp() - ${settleMs} * interval '1 millisecond' THEN 'unsettled'
      ELSE 'settled' END AS age
    FROM (
      SELECT e.id AS key, e.modified_on, sr.state, sr.entity_synced_on, ${newestTime(detection)} AS newest,
        ${reason(detection)} AS reason
      FROM ${sql.raw(entityTable(mapping.type))} e
      LEFT JOIN ${sql.raw(recordTable(mapping.type))} sr ON sr.entity_key = e.id AND sr.sync_process = ${process}
      WHERE ${sql.raw(`(${mapping.filter})`)}
    ) due
    WHERE due.reason IS NOT NULL`;
}

/**
 * Every record whose row is gone from EMS, or no longer passes the filter and is not yet removed: columns `key` and
 * `reason`. Whatever the state of an orphan, its record goes, unless the target keeps what EMS has deleted: then the record
 * stays, so that the remote never comes back as a new row.
 */
export function goneRows({ process, mapping }: Detection): RawBuilder<unknown> {
  return sql`
    SELECT sr.entity_key AS key, CASE WHEN e.id IS NULL THEN 'deleted' ELSE 'filtered-out' END AS reason
    FROM ${sql.raw(recordTable(mapping.type))} sr
    LEFT JOIN ${sql.raw(entityTable(mapping.type))} e ON e.id = sr.entity_key
    WHERE sr.sync_process = ${process} AND sr.entity_key IS NOT NULL
      AND ((e.id IS NULL AND NOT (sr.state = 'REMOVED' AND sr.remote_id IS NOT NULL))
        OR (sr.state NOT IN ('REMOVED', 'UNLINKED', 'ERASED') AND (${sql.raw(mapping.filter)}) IS NOT TRUE))`;
}
