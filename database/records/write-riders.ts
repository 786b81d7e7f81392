import { sql } from 'kysely';
import type { Delivery, Rider } from '../../sync/delivery.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import { examined, inSync, upsertRecords, type RecordValues } from './upsert-records.ts';

/** Rows that travel with the deliveries' own: a record for each, under the remote id of its carrier. */
export async function writeRiders(
  em: EntityManager,
  process: SyncProcessName,
  carrierType: EntityType,
  deliveries: readonly (Delivery & { readonly workflowId: string })[],
): Promise<void> {
  const carried = deliveries.filter(({ riders = [] }) => riders.length > 0);
  if (carried.length === 0) return;
  const remoteIds = await readRemoteIds(em, process, carrierType, carried);
  const riders = carried.flatMap((delivery) =>
    (delivery.riders ?? []).flatMap((rider) => {
      const values = riderValues(delivery, rider, remoteIds.get(delivery.key) ?? null);
      return values === null ? [] : [{ type: rider.type, values }];
    }),
  );
  for (const [type, ofType] of Map.groupBy(riders, (rider) => rider.type)) {
    const values = ofType.map((rider) => rider.values);
    await releaseRemoteIds(em, process, type, values);
    await upsertRecords(em, process, type, 'nothing', values);
  }
}

async function readRemoteIds(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  carriers: readonly Delivery[],
): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await sql<{ key: string; remoteId: string | null }>`
    SELECT entity_key AS key, remote_id AS "remoteId" FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key = ANY (${carriers.map(({ key }) => key)}::bigint[])`.execute(
    em.getKysely(),
  );
  return new Map(rows.map(({ key, remoteId }) => [key, remoteId]));
}

/** A contact that was handed over takes its topics along: who had it before has none of them any more. */
async function releaseRemoteIds(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  values: readonly RecordValues[],
): Promise<void> {
  const taken = values.flatMap(({ key, remoteId }) => (remoteId == null ? [] : [{ key, remoteId }]));
  await sql`
    UPDATE ${sql.raw(recordTable(type))} sr SET remote_id = NULL
    FROM jsonb_to_recordset(${JSON.stringify(taken)}::jsonb) AS v(key bigint, "remoteId" text)
    WHERE sr.sync_process = ${process} AND sr.remote_id = v."remoteId" AND sr.entity_key IS DISTINCT FROM v.key`.execute(
    em.getKysely(),
  );
}

/** How a row stands that travels with another; null: as long as that one has no result, neither has this one. */
function riderValues(
  carrier: Delivery & { readonly workflowId: string },
  rider: Rider,
  carrierRemoteId: string | null,
): RecordValues | null {
  const { key } = rider;
  const common = { key, pass: carrier.pass, workflowId: carrier.workflowId, keep: 'nothing' } as const;
  const looked = { ...common, ...examined(rider.examined) };
  switch (carrier.kind) {
    case 'created':
    case 'updated':
    case 'unchanged':
    case 'suppressed': {
      if (rider.parked !== null)
        return { ...looked, state: 'PARKED', lastErrorClass: 'rejected', lastError: rider.parked };
      if (carrier.kind === 'suppressed' && rider.refused !== null)
        return { ...looked, state: 'SUPPRESSED', lastErrorClass: 'consent', lastError: rider.refused };
      const remoteId = carrierRemoteId === null ? null : `${carrierRemoteId}/${rider.suffix}`;
      return { ...common, state: 'IN_SYNC', ...inSync(rider.examined), remoteId, contentHash: rider.contentHash };
    }
    // An operator has untied the person.
    case 'nothing':
      return { ...common, state: 'UNLINKED' };
    case 'linked':
      return { ...looked, state: 'LINKED', waitingFor: carrier.to };
    case 'parked':
      return {
        ...looked,
        state: 'PARKED',
        lastErrorClass: 'rejected',
        lastError: 'the person it belongs to is parked',
      };
    case 'erased':
      return { ...looked, state: 'SUPPRESSED', lastErrorClass: 'consent', lastError: 'erased' };
    default:
      return null;
  }
}
