import { sql } from 'kysely';
import type { Delivery, Child } from '../../sync/delivery.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import { evaluated, inSync, upsertRecords, type RecordValues } from './upsert-records.ts';

/** Writes a record for each child row of the deliveries, under its parent's remote id. */
export async function writeChildren(
  em: EntityManager,
  process: SyncProcessName,
  parentType: EntityType,
  deliveries: readonly (Delivery & { readonly workflowId: string })[],
): Promise<void> {
  const withChildren = deliveries.filter(({ children = [] }) => children.length > 0);
  if (withChildren.length === 0) return;
  const remoteIds = await readRemoteIds(em, process, parentType, withChildren);
  const children = withChildren.flatMap((delivery) =>
    (delivery.children ?? []).flatMap((child) => {
      const values = childValues(delivery, child, remoteIds.get(delivery.key) ?? null);
      return values === null ? [] : [{ type: child.type, values }];
    }),
  );
  for (const [type, ofType] of Map.groupBy(children, (child) => child.type)) {
    const values = ofType.map((child) => child.values);
    await releaseRemoteIds(em, process, type, values);
    await upsertRecords(em, process, type, { keep: 'nothing', values });
  }
}

async function readRemoteIds(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  parents: readonly Delivery[],
): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await sql<{ key: string; remoteId: string | null }>`
    SELECT entity_key AS key, remote_id AS "remoteId" FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key = ANY (${parents.map(({ key }) => key)}::bigint[])`.execute(
    em.getKysely(),
  );
  return new Map(rows.map(({ key, remoteId }) => [key, remoteId]));
}

/** A contact that is handed over takes its topics along: its former owner no longer has them. */
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

/** The record values of a child row; null: its parent has no result yet. */
function childValues(
  parent: Delivery & { readonly workflowId: string },
  child: Child,
  parentRemoteId: string | null,
): RecordValues | null {
  const { key } = child;
  const common = { key, fencingToken: parent.fencingToken, workflowId: parent.workflowId, keep: 'nothing' } as const;
  const looked = { ...common, ...evaluated(child.evaluated) };
  switch (parent.kind) {
    case 'created':
    case 'updated':
    case 'unchanged':
    case 'suppressed': {
      if (child.parked !== null)
        return {
          ...looked,
          state: 'PARKED',
          lastErrorClass: 'rejected',
          lastError: child.parked,
          code: child.parkedCode,
        };
      if (parent.kind === 'suppressed' && child.refused !== null)
        return { ...looked, state: 'SUPPRESSED', lastErrorClass: 'consent', lastError: child.refused };
      const remoteId = parentRemoteId === null ? null : `${parentRemoteId}/${child.suffix}`;
      return { ...common, state: 'IN_SYNC', ...inSync(child.evaluated), remoteId, contentHash: child.contentHash };
    }
    // An operator has unlinked the person.
    case 'nothing':
      return { ...common, state: 'UNLINKED' };
    case 'shared':
      return { ...looked, state: 'SHARED', sharedWith: parent.owner.key };
    case 'parked':
      return {
        ...looked,
        state: 'PARKED',
        lastErrorClass: 'rejected',
        lastError: 'the person it belongs to is parked',
        code: 'parent-parked',
      };
    case 'erased':
    case 'stays-erased':
      return { ...looked, state: 'ERASED' };
    default:
      return null;
  }
}
