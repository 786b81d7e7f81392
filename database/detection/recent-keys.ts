import { sql, type RawBuilder } from 'kysely';
import { ADDRESS_FIELD } from '../../sync/address-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';
import type { AffectingRows, DetectedMapping, Detection } from './detection.ts';
import { notedRows } from './outbox.ts';
import type { PageRequest } from './find-page.ts';

/** Whether the rows concerned by a change can be found from what has changed. */
export const canReadRecent = ({ affectedBy }: DetectedMapping): boolean => affectedBy != null;

/** SQL: records with outstanding work: the condition of the indexes `sync_…_open`. */
const isOpen = sql`sr.entity_key IS NOT NULL
  AND (sr.state IN ('PENDING', 'CREATING', 'FAILING', 'WAITING')
    OR (sr.state = 'PARKED' AND (sr.waiting_for IS NOT NULL OR sr.last_error_class = 'contract'))
    OR (sr.state NOT IN ('UNLINKED', 'ERASED', 'REMOVED') AND coalesce(sr.evaluated_on, sr.entity_synced_on) IS NULL))`;

/**
 * The next keys whose row, record, or rows read beside have changed since a time, and those with outstanding work. The
 * detection query decides which of them are due. Each part is read by an index, so the cost follows what has changed.
 *
 * @param since RFC 3339, or as PostgreSQL writes it.
 */
export async function recentKeys(
  em: EntityManager,
  detection: Detection,
  since: string,
  { after, upTo = null, limit }: Pick<PageRequest, 'after' | 'upTo' | 'limit'>,
): Promise<EntityKey[]> {
  const { process, mapping } = detection;
  const { rows } = await sql<{ key: EntityKey }>`
    WITH recent AS MATERIALIZED (${sql.join(recent(detection, since), sql` UNION `)})
    SELECT key FROM (
      SELECT key FROM recent
      UNION SELECT sr.entity_key FROM ${sql.raw(recordTable(mapping.type))} sr WHERE sr.sync_process = ${process} AND ${isOpen}
      ${withEqualValues(detection, since)}
    ) found
    WHERE key IS NOT NULL AND ${after === null ? sql`true` : sql`key > ${after}::bigint`}
      AND ${upTo === null ? sql`true` : sql`key <= ${upTo}::bigint`}
    ORDER BY key LIMIT ${limit}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}

function recent(detection: Detection, since: string): RawBuilder<unknown>[] {
  const { process, mapping } = detection;
  const records = sql.raw(recordTable(mapping.type));
  return [
    sql`SELECT e.id AS key FROM ${sql.raw(entityTable(mapping.type))} e WHERE e.modified_on >= ${since}::timestamptz`,
    sql`SELECT noted.id FROM ${notedRows(entityTable(mapping.type), since)} noted`,
    sql`SELECT sr.entity_key FROM ${records} sr WHERE sr.sync_process = ${process} AND sr.updated_on >= ${since}::timestamptz`,
    ...(mapping.affectedBy ?? []).flatMap((rows) => [
      concerned(detection, rows, since),
      ...(rows.records === true ? [] : [concernedByNoted(rows, since)]),
    ]),
    ...((mapping.consent?.channels ?? []).length === 0 ? [] : refused(detection, since)),
  ];
}

function concerned({ process }: Detection, { type, records, keys }: AffectingRows, since: string): RawBuilder<unknown> {
  const changed =
    records === true
      ? sql`(SELECT * FROM ${sql.raw(recordTable(type as DetectedMapping['type']))} r
          WHERE r.sync_process = ${process} AND r.updated_on >= ${since}::timestamptz OFFSET 0)`
      : sql`(SELECT * FROM ${sql.raw(entityTable(type))} r WHERE r.modified_on >= ${since}::timestamptz OFFSET 0)`;
  return sql`SELECT c.key FROM ${changed} s CROSS JOIN LATERAL (${sql.raw(keys)}) AS c(key)`;
}

/** Whom a row concerned before it was deleted or moved. */
const concernedByNoted = ({ type, keys }: AffectingRows, since: string): RawBuilder<unknown> =>
  sql`SELECT c.key FROM ${notedRows(entityTable(type), since)} s CROSS JOIN LATERAL (${sql.raw(keys)}) AS c(key)`;

/** Refusals that were entered, changed or lifted. */
function refused({ process, mapping }: Detection, since: string): RawBuilder<unknown>[] {
  const records = sql.raw(recordTable(mapping.type));
  return [
    sql`SELECT c.entity_key FROM sync_change c WHERE c.written_on >= ${since}::timestamptz AND c.entity_key IS NOT NULL`,
    // For each address by its index: PostgreSQL might take them for many, and read all records instead.
    sql`SELECT r.entity_key FROM (
        SELECT DISTINCT c.address_hash FROM sync_change c WHERE c.written_on >= ${since}::timestamptz AND c.address_hash IS NOT NULL) c
      CROSS JOIN LATERAL (SELECT r.entity_key FROM ${records} r
        WHERE r.base ->> ${sql.lit(ADDRESS_FIELD)} = c.address_hash AND r.sync_process = ${process} OFFSET 0) r`,
  ];
}

/** Which row comes first with a value depends on every row that has it, or had it before. */
function withEqualValues({ process, mapping }: Detection, since: string): RawBuilder<unknown> {
  if (Object.keys(mapping.uniqueValues ?? {}).length === 0) return sql``;
  const isOurs = (row: string) =>
    sql`${sql.raw(row)}.sync_process = ${process} AND ${sql.raw(row)}.entity_type = ${mapping.type}`;
  // OFFSET 0: for each row by an index. PostgreSQL takes what is recent for a part of all, and would read all values.
  const rowsWith = (value: string) => sql`CROSS JOIN LATERAL (
    SELECT o.entity_key FROM sync_unique_value o
    WHERE ${isOurs('o')} AND o.field = ${sql.raw(value)}.field AND o.value = ${sql.raw(value)}.value OFFSET 0) o`;
  return sql`
    UNION SELECT o.entity_key FROM recent
      CROSS JOIN LATERAL (SELECT v.field, v.value FROM sync_unique_value v
        WHERE ${isOurs('v')} AND v.field = ANY (${Object.keys(mapping.uniqueValues ?? {})}::text[]) AND v.entity_key = recent.key OFFSET 0) v
      ${rowsWith('v')}
    UNION SELECT o.entity_key FROM (
        SELECT DISTINCT c.field, c.value FROM sync_change c WHERE c.written_on >= ${since}::timestamptz AND ${isOurs('c')}) c
      ${rowsWith('c')}`;
}
