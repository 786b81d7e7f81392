import { sql, type RawBuilder } from 'kysely';
import { canonicalText } from '../../sync/canonical-form.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { SecretKey } from '../../sync/keyed-hash.ts';
import type { SyncState } from '../../sync/sync-state.ts';
import { uniqueHash } from '../../sync/unique-value.ts';
import { columnValues } from '../column-names.ts';
import type { Detection } from '../detection/detection.ts';
import { isValue } from '../detection/unique-holders.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

/** Columns and the values they must have, by property. */
export type Criterion = Readonly<Record<string, string | Temporal.PlainDate | null>>;

/** What rows are searched by. */
export interface Sought {
  readonly criterion: Criterion;
  /** Columns that must be equal, for example a race's event. */
  readonly references: Readonly<Record<string, unknown>>;
  /** Keys of the hashes of unique values, newest first. */
  readonly secrets: readonly SecretKey[];
}

/** A row that matches a criterion, and its state at the target. */
export interface Candidate {
  readonly key: EntityKey;
  readonly state: SyncState | null;
  readonly remoteId: string | null;
  /** Shares one remote record with every other candidate. */
  readonly sharesWithAll: boolean;
}

/** Reading more candidates does not help to distinguish them. */
const CANDIDATES = 6;

/**
 * The rows that match a criterion. Unique values of the mapping match by their canonical values; other text ignoring
 * case, Unicode form and white space. A criterion with an empty value matches nothing: two people without an e-mail are
 * not the same person.
 */
export async function matchRows(em: EntityManager, detection: Detection, sought: Sought): Promise<Candidate[]> {
  const keys = await findKeys(em, detection, sought);
  if (keys.length === 0) return [];
  const { process, mapping } = detection;
  const { sharing } = mapping;
  const shares =
    sharing == null
      ? sql`false`
      : sql`EXISTS (SELECT FROM sync_unique_value a JOIN sync_unique_value b ON b.value = a.value
          WHERE ${isValue(detection, 'a', sharing.by)} AND ${isValue(detection, 'b', sharing.by)}
            AND a.entity_key = s.id AND b.entity_key = other.key)`;
  const order = sharing == null ? sql`s.id` : sql`${sql.raw(sharing.order)}, s.id`;
  const { rows } = await sql<Candidate>`
    SELECT s.id AS key, r.state, r.remote_id AS "remoteId",
      NOT EXISTS (SELECT FROM unnest(${[...keys]}::bigint[]) AS other(key) WHERE other.key <> s.id AND NOT (${shares}))
        AS "sharesWithAll"
    FROM ${sql.raw(entityTable(mapping.type))} s
    LEFT JOIN ${sql.raw(recordTable(mapping.type))} r ON r.sync_process = ${process} AND r.entity_key = s.id
    WHERE s.id = ANY (${[...keys]}::bigint[])
    ORDER BY ${order} LIMIT ${CANDIDATES}`.execute(em.getKysely());
  return rows;
}

/** Exact comparisons in PostgreSQL narrow the rows down; the text of the remaining ones is compared here. */
async function findKeys(
  em: EntityManager,
  detection: Detection,
  { criterion, references, secrets }: Sought,
): Promise<EntityKey[]> {
  const { mapping } = detection;
  const exact: RawBuilder<unknown>[] = [];
  const texts: { readonly column: RawBuilder<unknown>; readonly text: string }[] = [];
  for (const [property, value] of Object.entries(criterion)) {
    const text = value instanceof Temporal.PlainDate ? value.toString() : canonicalText(value);
    if (text === null) return [];
    const [column] = columnValues(mapping.type, { [property]: text }).map(({ column: name }) => sql.id(name));
    if (value instanceof Temporal.PlainDate) exact.push(sql`e.${column} = ${text}::date`);
    else if (mapping.uniqueValues?.[property] !== undefined) exact.push(hasValue(detection, property, text, secrets));
    else texts.push({ column: sql`e.${column}`, text: comparable(text) });
  }
  for (const { column, value } of columnValues(mapping.type, references)) {
    exact.push(sql`e.${sql.id(column)} = ${value}`);
  }
  if (exact.length + texts.length === 0) return [];
  // If only text can narrow the rows, compare it as PostgreSQL does; otherwise the whole table would be read.
  if (exact.length === 0) exact.push(...texts.map(({ column, text }) => sql`lower(btrim(${column})) = ${text}`));
  const { rows } = await sql<{ key: EntityKey; texts: readonly (string | null)[] }>`
    SELECT e.id AS key, ARRAY[${sql.join(texts.map(({ column, text }) => shortEnough(column, text)))}]::text[] AS texts
    FROM ${sql.raw(entityTable(mapping.type))} e WHERE ${sql.join(exact, sql` AND `)}`.execute(em.getKysely());
  const agrees = (found: readonly (string | null)[]) =>
    texts.every(({ text }, place) => comparable(found[place] ?? '') === text);
  return rows.filter((row) => agrees(row.texts)).map(({ key }) => key);
}

function hasValue(
  detection: Detection,
  name: string,
  text: string,
  secrets: readonly SecretKey[],
): RawBuilder<unknown> {
  const hash = uniqueHash({ name, scope: null }, text, secrets);
  return sql`e.id IN (SELECT v.entity_key FROM sync_unique_value v WHERE ${isValue(detection, 'v', name)} AND v.value = ${hash})`;
}

/** A text that is much longer than the one that is searched for is not loaded: it cannot be equal. */
function shortEnough(column: RawBuilder<unknown>, text: string): RawBuilder<unknown> {
  return sql`CASE WHEN octet_length(${column}) <= ${Buffer.byteLength(text) * 4 + 1_000} THEN ${column} END`;
}

const comparable = (text: string): string => (canonicalText(text.replaceAll(/\s+/gu, ' ')) ?? '').toLowerCase();
