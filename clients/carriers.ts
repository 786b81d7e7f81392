import { sql } from 'kysely';
import type { Orm } from '../database/orm.ts';
import { entityTable } from '../database/table-names.ts';
import { formatRef, type EntityKey } from '../sync/entity-type.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';
import type { PairRef } from '../workflows/pair-start.ts';

/**
 * Whose workflow is to be asked: a row that travels with another has none of its own (a contact preference is delivered with
 * its person). Rows that EMS does not have stay as they are: their workflow says so.
 */
export async function withCarriers(
  orm: Orm,
  process: SyncProcess,
  pairs: readonly PairRef[],
): Promise<readonly PairRef[]> {
  const carriers = await carriersOf(orm, process, pairs);
  const asked = pairs.map((pair) => carriers.get(formatRef(pair)) ?? pair);
  return [...new Map(asked.map((pair) => [formatRef(pair), pair])).values()];
}

/** By the names of those among the rows that travel with another (`ContactPreference/12`): that other one. */
export async function carriersOf(
  orm: Orm,
  process: SyncProcess,
  pairs: readonly PairRef[],
): Promise<ReadonlyMap<string, PairRef>> {
  const carriers = new Map<string, PairRef>();
  for (const [type, ofType] of Map.groupBy(pairs, (pair) => pair.type)) {
    const { travelsWith } = mappingOf(process, type);
    if (travelsWith === null) continue;
    for (const [key, carrier] of await carrierKeys(orm, type, travelsWith.sql, ofType)) {
      carriers.set(formatRef({ type, key }), { process: process.name, type: travelsWith.type, key: carrier });
    }
  }
  return carriers;
}

async function carrierKeys(
  orm: Orm,
  type: PairRef['type'],
  carrier: string,
  pairs: readonly PairRef[],
): Promise<ReadonlyMap<EntityKey, EntityKey>> {
  const { rows } = await sql<{ key: EntityKey; carrier: EntityKey }>`
    SELECT e.id AS key, ${sql.raw(carrier)} AS carrier FROM ${sql.raw(entityTable(type))} e
    WHERE e.id = ANY (${pairs.map(({ key }) => key)}::bigint[])`.execute(orm.em.fork().getKysely());
  return new Map(rows.map(({ key, carrier: of }) => [key, of]));
}
