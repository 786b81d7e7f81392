import { sql } from 'kysely';
import type { Orm } from '../database/orm.ts';
import { entityTable } from '../database/table-names.ts';
import { formatRef, type EntityKey } from '../sync/entity-type.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';
import type { PairRef } from '../workflows/pair-start.ts';

/**
 * The pairs whose workflows to ask: a child row has none and is replaced by its parent (a contact preference is
 * delivered with its person). Rows that EMS does not have are kept: their workflow reports it.
 */
export async function withParents(
  orm: Orm,
  process: SyncProcess,
  pairs: readonly PairRef[],
): Promise<readonly PairRef[]> {
  const parents = await parentsOf(orm, process, pairs);
  const asked = pairs.map((pair) => parents.get(formatRef(pair)) ?? pair);
  return [...new Map(asked.map((pair) => [formatRef(pair), pair])).values()];
}

/** The parents of the child rows among them, by the child's name (`ContactPreference/12`). */
export async function parentsOf(
  orm: Orm,
  process: SyncProcess,
  pairs: readonly PairRef[],
): Promise<ReadonlyMap<string, PairRef>> {
  const parents = new Map<string, PairRef>();
  for (const [type, ofType] of Map.groupBy(pairs, (pair) => pair.type)) {
    const { childOf } = mappingOf(process, type);
    if (childOf === null) continue;
    for (const [key, parent] of await parentKeys(orm, type, childOf.sql, ofType)) {
      parents.set(formatRef({ type, key }), { process: process.name, type: childOf.type, key: parent });
    }
  }
  return parents;
}

async function parentKeys(
  orm: Orm,
  type: PairRef['type'],
  parent: string,
  pairs: readonly PairRef[],
): Promise<ReadonlyMap<EntityKey, EntityKey>> {
  const { rows } = await sql<{ key: EntityKey; parent: EntityKey }>`
    SELECT e.id AS key, ${sql.raw(parent)} AS parent FROM ${sql.raw(entityTable(type))} e
    WHERE e.id = ANY (${pairs.map(({ key }) => key)}::bigint[])`.execute(orm.em.fork().getKysely());
  return new Map(rows.map(({ key, parent: of }) => [key, of]));
}
