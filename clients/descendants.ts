import { sql } from 'kysely';
import type { Orm } from '../database/orm.ts';
import { entityTable, recordTable } from '../database/table-names.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import type { PairRef } from '../workflows/pair-start.ts';

/** Keys looked for in one statement. */
const AT_ONCE = 5_000;

/**
 * A row with everything of the process below it, each after those that it refers to: of an event its races, their start
 * groups, the participants, and their tags. Rows that are delivered with their parent are left out.
 */
export async function withDescendants(orm: Orm, process: SyncProcess, { type, key }: EntityRef): Promise<PairRef[]> {
  const found = new Map<EntityType, Set<EntityKey>>([[type, new Set([key])]]);
  for (const mapping of process.mappings) {
    if (mapping.childOf !== null) continue;
    const own = found.get(mapping.type) ?? new Set<EntityKey>();
    for (const parent of mapping.referencedTypes) {
      if (parent === mapping.type) continue;
      for (const one of await rowsBelow(orm, mapping.type, parent, [...(found.get(parent) ?? [])])) own.add(one);
    }
    if (own.size > 0) found.set(mapping.type, own);
  }
  return process.mappings.flatMap((mapping) =>
    [...(found.get(mapping.type) ?? [])].map((one) => ({ process: process.name, type: mapping.type, key: one })),
  );
}

async function rowsBelow(
  orm: Orm,
  type: EntityType,
  parent: EntityType,
  keys: readonly EntityKey[],
): Promise<EntityKey[]> {
  const below: EntityKey[] = [];
  const column = sql.id(`${entityTable(parent)}_id`);
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    const { rows } = await sql<{ key: EntityKey }>`
      SELECT e.id AS key FROM ${sql.raw(entityTable(type))} e
      WHERE ${column} = ANY (${keys.slice(from, from + AT_ONCE)}::bigint[]) ORDER BY e.id`.execute(
      orm.em.fork().getKysely(),
    );
    below.push(...rows.map((row) => row.key));
  }
  return below;
}

/** Which rows of a type are meant. */
export interface RowFilter {
  /** RFC 3339: EMS has changed the row since then. */
  readonly since?: string;
  readonly until?: string;
  /** The row fails, or is parked, with this code. */
  readonly code?: string;
  /** Only these. */
  readonly keys?: readonly EntityKey[];
}

/** The next rows of a type to which all of this applies, in order. @param page.after null: from the first one on. */
export async function rowsThatFit(
  orm: Orm,
  { process, type }: { readonly process: SyncProcessName; readonly type: EntityType },
  { since, until, code, keys }: RowFilter,
  { after, limit }: { readonly after: EntityKey | null; readonly limit: number },
): Promise<readonly EntityKey[]> {
  const failsWith = sql`EXISTS (SELECT FROM ${sql.raw(recordTable(type))} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key = e.id AND sr.last_error_code = ${code})`;
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT e.id AS key FROM ${sql.raw(entityTable(type))} e
    WHERE ${after === null ? sql`true` : sql`e.id > ${after}::bigint`}
      AND ${keys === undefined ? sql`true` : sql`e.id = ANY (${keys}::bigint[])`}
      AND ${since === undefined ? sql`true` : sql`e.modified_on >= ${since}::timestamptz`}
      AND ${until === undefined ? sql`true` : sql`e.modified_on < ${until}::timestamptz`}
      AND ${code === undefined ? sql`true` : failsWith} ORDER BY e.id LIMIT ${limit}`.execute(
    orm.em.fork().getKysely(),
  );
  return rows.map(({ key }) => key);
}
