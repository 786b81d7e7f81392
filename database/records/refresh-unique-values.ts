import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { SecretKey } from '../../sync/keyed-hash.ts';
import { uniqueHash, uniqueHashPrefix, type Scope } from '../../sync/unique-value.ts';
import type { Detection } from '../detection/detection.ts';
import { isValue } from '../detection/unique-holders.ts';
import type { EntityManager, Orm } from '../orm.ts';
import { entityTable } from '../table-names.ts';
import { findRows } from './find-rows.ts';

/** Rows read and written at once. */
const PAGE = 1_000;

/** Rows looked for at once: a filter may read whole tables for each look. */
const LOOK_AHEAD = 20_000;

/** A sweep continues after this time; the remaining values are refreshed with their row's page. */
const REFRESH_MS = 60_000;

/**
 * Updates the stored unique values of these rows, and of every row with one of these values stored: a decision must not
 * rely on a value that its row no longer has. Called before anything is judged. Writes only differences.
 *
 * @param secrets keys of the hashes, newest first.
 */
export async function refreshUniqueValues(
  orm: Orm,
  detection: Detection,
  keys: readonly EntityKey[],
  secrets: readonly SecretKey[],
): Promise<void> {
  if (names(detection).length === 0 || keys.length === 0) return;
  const em = orm.em.fork();
  await refresh(
    em,
    detection,
    await outdatedAmong(em, detection, { keys, prefix: uniqueHashPrefix(secrets) }),
    secrets,
  );
  await refresh(em, detection, await outdatedHolders(em, detection, keys), secrets);
}

/** Restricts the rows looked at; left out: all. */
export interface OutdatedAmong {
  readonly keys?: readonly EntityKey[];
  readonly after?: EntityKey | null;
  readonly upTo?: EntityKey | null;
}

/**
 * The same for every row whose stored values are outdated. Before the first page of a sweep it is then known which rows
 * release and get a value, whatever the order of their ids.
 */
export async function refreshOutdatedValues(
  em: EntityManager,
  detection: Detection,
  secrets: readonly SecretKey[],
  among: OutdatedAmong = {},
): Promise<void> {
  const [name] = names(detection);
  if (name === undefined) return;
  const started = performance.now();
  let after: EntityKey | null = among.after ?? LOWEST_KEY;
  while (after !== null && performance.now() - started < REFRESH_MS) {
    const keys: readonly EntityKey[] = await outdatedPage(em, detection, {
      name,
      after,
      prefix: uniqueHashPrefix(secrets),
      among,
    });
    after = keys.length < LOOK_AHEAD ? null : (keys.at(-1) ?? null);
    for (let done = 0; done < keys.length && performance.now() - started < REFRESH_MS; done += PAGE) {
      await refresh(em, detection, keys.slice(done, done + PAGE), secrets);
    }
  }
}

/** Deletes the stored values of rows that EMS has deleted. */
export async function dropValuesOfDeleted(em: EntityManager, detection: Detection): Promise<void> {
  if (names(detection).length === 0) return;
  const { process, mapping } = detection;
  await sql`
    DELETE FROM sync_unique_value v WHERE v.sync_process = ${process} AND v.entity_type = ${mapping.type}
      AND NOT EXISTS (SELECT FROM ${sql.raw(entityTable(mapping.type))} e WHERE e.id = v.entity_key)`.execute(
    em.getKysely(),
  );
}

/**
 * Those of these rows whose stored values may not be theirs. A row that has not settled may have changed again at the same time;
 * and a scope may depend on other rows.
 */
async function outdatedAmong(
  em: EntityManager,
  detection: Detection,
  { keys, prefix }: { readonly keys: readonly EntityKey[]; readonly prefix: string },
): Promise<readonly EntityKey[]> {
  const { process, mapping, mappingVersion, settleMs } = detection;
  if (Object.values(mapping.uniqueValues ?? {}).some(({ within }) => within !== undefined)) return keys;
  const fields = names(detection);
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT e.id AS key FROM ${sql.raw(entityTable(mapping.type))} e
    WHERE e.id = ANY (${[...keys]}::bigint[]) AND (e.modified_on > clock_timestamp() - ${settleMs} * interval '1 millisecond'
      OR (SELECT count(*) FROM sync_unique_value v
        WHERE v.sync_process = ${process} AND v.entity_type = ${mapping.type} AND v.field = ANY (${fields}::text[])
          AND v.entity_key = e.id AND v.modified_on = e.modified_on AND v.mapping_version = ${mappingVersion}
          AND (v.value IS NULL OR split_part(v.value, ':', 1) = ${prefix})) < ${fields.length})`.execute(
    em.getKysely(),
  );
  return rows.map(({ key }) => key);
}

async function outdatedPage(
  em: EntityManager,
  detection: Detection,
  {
    name,
    after,
    prefix,
    among: { keys, upTo = null },
  }: { readonly name: string; readonly after: EntityKey; readonly prefix: string; readonly among: OutdatedAmong },
): Promise<EntityKey[]> {
  const { mapping, mappingVersion } = detection;
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT e.id AS key FROM ${sql.raw(entityTable(mapping.type))} e
    LEFT JOIN sync_unique_value v ON ${isValue(detection, 'v', name)} AND v.entity_key = e.id AND v.entity_key > ${after}::bigint
    WHERE e.id > ${after}::bigint AND (v.modified_on IS DISTINCT FROM e.modified_on
      OR v.mapping_version <> ${mappingVersion} OR split_part(v.value, ':', 1) <> ${prefix})
      AND ${keys === undefined ? sql`true` : sql`e.id = ANY (${[...keys]}::bigint[])`}
      AND ${upTo === null ? sql`true` : sql`e.id <= ${upTo}::bigint`}
      AND (${sql.raw(mapping.filter)})
    ORDER BY e.id LIMIT ${LOOK_AHEAD}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}

const LOWEST_KEY = '-9223372036854775808';

const names = ({ mapping }: Detection) => Object.keys(mapping.uniqueValues ?? {});

/** Rows that have one of these rows' values stored and have changed since. */
async function outdatedHolders(
  em: EntityManager,
  detection: Detection,
  keys: readonly EntityKey[],
): Promise<EntityKey[]> {
  const { process, mapping } = detection;
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT DISTINCT v.entity_key AS key
    FROM sync_unique_value own
    JOIN sync_unique_value v ON v.sync_process = own.sync_process AND v.entity_type = own.entity_type
      AND v.field = own.field AND v.value = own.value
    JOIN ${sql.raw(entityTable(mapping.type))} e ON e.id = v.entity_key
    WHERE own.sync_process = ${process} AND own.entity_type = ${mapping.type} AND own.field = ANY (${names(detection)}::text[])
      AND own.entity_key = ANY (${[...keys]}::bigint[]) AND v.modified_on IS DISTINCT FROM e.modified_on`.execute(
    em.getKysely(),
  );
  return rows.map(({ key }) => key);
}

async function refresh(
  em: EntityManager,
  detection: Detection,
  keys: readonly EntityKey[],
  secrets: readonly SecretKey[],
): Promise<void> {
  if (keys.length === 0) return;
  const { process, mapping, mappingVersion } = detection;
  const { uniqueValues = {} } = mapping;
  const scopes = await readScopes(em, detection, keys);
  // In the caller's transaction, but not from its identity map, which may be outdated.
  const rows = await findRows(em.fork({ keepTransactionContext: true }), mapping.type, keys);
  const values = rows.flatMap((row) =>
    Object.entries(uniqueValues).map(([name, { read }]) => ({
      key: row.id,
      field: name,
      value: uniqueHash({ name, scope: scopes.get(row.id)?.[name] ?? null }, read(row), secrets),
      modifiedOn: row.modifiedOn,
    })),
  );
  if (values.length === 0) return;
  await sql`
    INSERT INTO sync_unique_value AS v (sync_process, entity_type, entity_key, field, value, modified_on, mapping_version)
    SELECT ${process}, ${mapping.type}, n.key, n.field, n.value, n."modifiedOn", ${mappingVersion}
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb)
      AS n(key bigint, field text, value text, "modifiedOn" timestamptz)
    ORDER BY n.field, n.key
    ON CONFLICT (sync_process, entity_type, field, entity_key) DO UPDATE SET
      value = EXCLUDED.value, modified_on = EXCLUDED.modified_on, mapping_version = EXCLUDED.mapping_version
    WHERE (v.value, v.modified_on, v.mapping_version)
      IS DISTINCT FROM (EXCLUDED.value, EXCLUDED.modified_on, EXCLUDED.mapping_version)`.execute(em.getKysely());
}

/** The scope in which each value is compared, by row and name. */
async function readScopes(
  em: EntityManager,
  { mapping }: Detection,
  keys: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, Readonly<Record<string, Scope>>>> {
  const scoped = Object.entries(mapping.uniqueValues ?? {}).flatMap(([name, { within }]) =>
    within === undefined ? [] : [sql`${sql.lit(name)}, (${sql.raw(within)})::text`],
  );
  if (scoped.length === 0) return new Map();
  const { rows } = await sql<{ key: EntityKey; scopes: Readonly<Record<string, Scope>> }>`
    SELECT e.id AS key, json_build_object(${sql.join(scoped)}) AS scopes
    FROM ${sql.raw(entityTable(mapping.type))} e WHERE e.id = ANY (${[...keys]}::bigint[])`.execute(em.getKysely());
  return new Map(rows.map(({ key, scopes }) => [key, scopes]));
}
