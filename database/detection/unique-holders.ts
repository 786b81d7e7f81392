import { sql, type RawBuilder } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import { entityTable, recordTable } from '../table-names.ts';
import { isHolderRow, type Detection, type DetectedMapping } from './detection.ts';

/** A rule that depends on which row with a value comes first. */
interface HolderRule {
  /** `shared`, or the source's name. */
  readonly name: string;
  readonly value: string;
  readonly order: string;
  /** The row that already has the remote record comes first. */
  readonly staysWithOwner: boolean;
  /** Rows with an equal value of this name are one to the target, and are not distinguished. */
  readonly apartFrom: string | null;
  /** SQL aliases: the value of `e`, and the first row with it. */
  readonly own: string;
  readonly first: string;
}

/** The rule for sharing a remote record. */
export const SHARED = 'shared';

function rulesOf({ sharing, sources }: DetectedMapping): HolderRule[] {
  const shared =
    sharing == null
      ? []
      : [{ name: SHARED, value: sharing.by, order: sharing.order, staysWithOwner: true, apartFrom: null }];
  const held = Object.entries(sources).flatMap(([name, rows]) =>
    isHolderRow(rows)
      ? [{ name, value: rows.holderOf, order: rows.order, staysWithOwner: false, apartFrom: rows.apartFrom ?? null }]
      : [],
  );
  return [...shared, ...held].map((rule, place) => ({ ...rule, own: `own_${place}`, first: `first_${place}` }));
}

/** The SQL alias of a unique value of `e` in {@link joinHolders}; null if it joins none. */
export function ownValueAlias(mapping: DetectedMapping): string | null {
  return rulesOf(mapping)[0]?.own ?? null;
}

/** SQL condition: `v` is the unique value `name` of the mapping's type. */
export function isValue({ process, mapping }: Detection, v: string, name: string): RawBuilder<boolean> {
  return sql`${sql.raw(v)}.sync_process = ${process} AND ${sql.raw(v)}.entity_type = ${mapping.type} AND ${sql.raw(v)}.field = ${name}`;
}

/**
 * SQL: joins to `e` its unique values and the first row with each. Values are compared only in canonical form (rule
 * 20). The first row of a value is computed once, however many rows have it.
 *
 * @param keys restricts the rows `e`; left out: all.
 */
export function joinHolders(detection: Detection, keys?: readonly EntityKey[]): RawBuilder<unknown> {
  const joins = rulesOf(detection.mapping).map(
    (rule) => sql`
      ${keys === undefined ? allOwnValues(detection, rule) : ownValues(detection, rule)}
      CROSS JOIN LATERAL (
        SELECT ((SELECT jsonb_object_agg(f.value, f.key) FROM (${firstRows(detection, rule, keys)}) f)
          ->> ${sql.raw(rule.own)}.value)::bigint AS key OFFSET 0
      ) ${sql.raw(rule.first)}`,
  );
  return sql.join(joins, sql` `);
}

const allOwnValues = (detection: Detection, { own, value }: HolderRule): RawBuilder<unknown> =>
  sql`LEFT JOIN sync_unique_value ${sql.raw(own)} ON ${isValue(detection, own, value)} AND ${sql.raw(own)}.entity_key = e.id`;

/**
 * OFFSET 0: for each row by the index. In a first load PostgreSQL has no statistics of the values yet, takes them for a few, and
 * would compare each of them with each row.
 */
const ownValues = (detection: Detection, { own, value }: HolderRule): RawBuilder<unknown> =>
  sql`LEFT JOIN LATERAL (SELECT o.value, o.modified_on FROM sync_unique_value o
    WHERE ${isValue(detection, 'o', value)} AND o.entity_key = e.id OFFSET 0) ${sql.raw(own)} ON true`;

function firstRows(
  detection: Detection,
  { value, order, staysWithOwner }: HolderRule,
  keys: readonly EntityKey[] | undefined,
): RawBuilder<unknown> {
  const { process, mapping } = detection;
  const table = sql.raw(entityTable(mapping.type));
  // Of a value that only one row has, no other row can be the first. LIMIT: for each by the index.
  const values =
    keys === undefined
      ? sql`SELECT o.value FROM sync_unique_value o WHERE ${isValue(detection, 'o', value)} AND o.value IS NOT NULL
          GROUP BY o.value HAVING count(*) > 1`
      : sql`SELECT DISTINCT o.value FROM sync_unique_value o
          CROSS JOIN LATERAL (SELECT FROM sync_unique_value other WHERE ${isValue(detection, 'other', value)}
            AND other.value = o.value AND other.entity_key <> o.entity_key LIMIT 1) other
          WHERE ${isValue(detection, 'o', value)} AND o.entity_key = ANY (${[...keys]}::bigint[]) AND o.value IS NOT NULL`;
  // MATERIALIZED: computed once, even if PostgreSQL has no statistics yet and assumes that the table is empty (a first
  // load).
  return sql`
    WITH asked AS MATERIALIZED (${values}), firsts AS MATERIALIZED (
      SELECT DISTINCT ON (v.value) v.value, s.id AS key
      FROM asked JOIN sync_unique_value v ON ${isValue(detection, 'v', value)} AND v.value = asked.value
      JOIN ${table} s ON s.id = v.entity_key
      LEFT JOIN ${sql.raw(recordTable(mapping.type))} r ON r.sync_process = ${process} AND r.entity_key = s.id
      WHERE coalesce(r.state NOT IN ('UNLINKED', 'ERASED'), true)
        AND EXISTS (SELECT FROM ${table} e WHERE e.id = s.id AND (${sql.raw(mapping.filter)}))
      ORDER BY v.value, ${staysWithOwner ? sql`r.remote_id IS NULL, ` : sql``}${sql.raw(order)}, s.id
    )
    SELECT value, key FROM firsts`;
}

/** SQL: the other row that comes before `e` by the rule; null: `e` comes first, or has no such value. */
function otherHolder(detection: Detection, { first, apartFrom }: HolderRule): RawBuilder<EntityKey | null> {
  const key = `${first}.key`;
  const value = (row: string, name: string) =>
    sql`(SELECT a.value FROM sync_unique_value a WHERE ${isValue(detection, 'a', name)} AND a.entity_key = ${sql.raw(row)})`;
  const apart =
    apartFrom === null ? sql`true` : sql`${value('e.id', apartFrom)} IS DISTINCT FROM ${value(key, apartFrom)}`;
  return sql`CASE WHEN ${sql.raw(key)} <> e.id AND ${apart} THEN ${sql.raw(key)} END`;
}

/** SQL over {@link joinHolders}: by rule, the other row that comes before `e`, as a JSON object. */
export function otherHolders(detection: Detection): RawBuilder<Readonly<Record<string, EntityKey | null>>> {
  const pairs = rulesOf(detection.mapping).map(
    (rule) => sql`${sql.lit(rule.name)}, (${otherHolder(detection, rule)})::text`,
  );
  return sql`json_build_object(${sql.join(pairs)})`;
}

/**
 * SQL over {@link joinHolders}: the holders' part of `sources_version`. It contains only the first row: with two
 * hundred rows of one value, a change of one of them makes no other row due, unless that one releases the value.
 */
export function holdersVersion(detection: Detection): RawBuilder<string> | null {
  const parts = rulesOf(detection.mapping).map(
    (rule) => sql`coalesce(${sql.lit(`|${rule.name}=`)} || (${otherHolder(detection, rule)})::text, '')`,
  );
  return parts.length === 0 ? null : sql`${sql.join(parts, sql` || `)}`;
}

/** The part of `sources_version` about the rows read beside, without the holders. */
export const withoutHolders = (sourcesVersion: string | null): string | null => sourcesVersion?.split('|')[0] ?? null;
