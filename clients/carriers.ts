import { sql } from 'kysely';
import type { Orm } from '../database/orm.ts';
import { entityTable } from '../database/table-names.ts';
import type { EntityKey } from '../sync/entity-type.ts';
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
  const asked = new Map<string, PairRef>();
  for (const [type, ofType] of Map.groupBy(pairs, (pair) => pair.type)) {
    const { travelsWith } = mappingOf(process, type);
    const carriers =
      travelsWith === null ? new Map<EntityKey, EntityKey>() : await carrierKeys(orm, type, travelsWith.sql, ofType);
    for (const pair of ofType) {
      const key = carriers.get(pair.key);
      const ref = key === undefined || travelsWith === null ? pair : { ...pair, type: travelsWith.type, key };
      asked.set(`${ref.type}/${ref.key}`, ref);
    }
  }
  return [...asked.values()];
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
