import { sql } from 'kysely';
import type { Delivery } from '../../sync/delivery.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager, Orm } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';
import { tieSentMessages } from './message-ties.ts';
import { forgetMoves } from './moves.ts';
import { examined, inSync, upsertRecords, type RecordValues } from './upsert-records.ts';
import { writeRiders } from './write-riders.ts';

/**
 * Writes the results of a pass, all in one transaction: hash, times and remote id together, and only with a confirmed result
 * (architecture rule 3). A record that a newer pass has written is left alone, so writing twice is harmless.
 */
export async function writeDeliveries(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  deliveries: readonly (Delivery & { readonly workflowId: string })[],
): Promise<void> {
  const values = deliveries.flatMap((delivery) => recordValues(delivery) ?? []);
  const forgotten = deliveries.filter(isForgotten);
  await orm.em.fork().transactional(async (em) => {
    await deleteRecords(em, process, type, forgotten);
    await forgetMoves(
      em,
      process,
      type,
      deliveries.filter(isGone).map(({ key }) => key),
    );
    await tieSentMessages(em, process, deliveries);
    for (const [keep, sameKeep] of Map.groupBy(values, (value) => value.keep)) {
      await upsertRecords(em, process, type, keep, sameKeep);
    }
    await writeRiders(em, process, type, deliveries);
  });
}

const isForgotten = (delivery: Delivery) =>
  (delivery.kind === 'removed' && delivery.forget) || (delivery.kind === 'erased' && delivery.examined === null);

/** It has no remote record of its own any more, wherever that was. */
const isGone = ({ kind }: Delivery) => kind === 'removed' || kind === 'erased' || kind === 'linked';

async function deleteRecords(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  forgotten: readonly Delivery[],
): Promise<void> {
  if (forgotten.length === 0) return;
  const keys = JSON.stringify(forgotten.map(({ key, pass }) => ({ key, pass })));
  await sql`
    DELETE FROM ${sql.raw(recordTable(type))} sr USING jsonb_to_recordset(${keys}::jsonb) AS v(key bigint, pass bigint)
    WHERE sr.sync_process = ${process} AND sr.entity_key = v.key AND sr.pass <= v.pass
      AND NOT EXISTS (SELECT FROM ${sql.raw(entityTable(type))} e WHERE e.id = v.key)`.execute(em.getKysely());
}

function recordValues(delivery: Delivery & { readonly workflowId: string }): RecordValues | null {
  const { key, pass, workflowId } = delivery;
  const common = { key, pass, workflowId };
  switch (delivery.kind) {
    case 'nothing':
    case 'carried':
    case 'superseded':
    case 'blocked':
      return null;
    case 'created':
    case 'updated':
      return {
        ...common,
        ...delivered(delivery),
        state: 'IN_SYNC',
        ...inSync(delivery.examined),
      };
    case 'suppressed': {
      const refused = { state: 'SUPPRESSED', lastErrorClass: 'consent', lastError: delivery.reason } as const;
      if (delivery.delivered !== null)
        return { ...common, ...delivered(delivery.delivered), ...refused, ...inSync(delivery.examined) };
      return { ...common, keep: 'times-and-remote', ...refused, ...examined(delivery.examined) };
    }
    case 'erased':
      if (delivery.examined === null) return null;
      return {
        ...common,
        keep: 'nothing',
        state: 'SUPPRESSED',
        lastErrorClass: 'consent',
        lastError: 'erased',
        ...examined(delivery.examined),
      };
    case 'unchanged':
      return { ...common, keep: 'remote', state: 'IN_SYNC', ...inSync(delivery.examined) };
    case 'removed':
      return delivery.forget
        ? null
        : { ...common, keep: 'nothing', state: 'REMOVED', remoteId: delivery.keptAs ?? null };
    case 'linked':
      return { ...common, keep: 'nothing', state: 'LINKED', ...examined(delivery.examined), waitingFor: delivery.to };
    case 'parked':
      return {
        ...common,
        keep: 'times-and-remote',
        state: 'PARKED',
        ...examined(delivery.examined),
        lastErrorClass: delivery.errorClass,
        lastError: delivery.field === null ? delivery.reason : `${delivery.field}: ${delivery.reason}`,
      };
    case 'waiting':
      return {
        ...common,
        keep: 'times-and-remote',
        state: 'WAITING',
        ...examined(delivery.examined),
        waitingFor: delivery.for,
      };
    case 'gave-way':
      return { ...common, keep: 'nothing', state: 'PENDING', remoteId: delivery.remoteId };
  }
}

interface Delivered {
  readonly remoteId: string | null;
  readonly remoteModifiedOn: string | null;
  readonly contentHash: string;
  readonly base?: Base;
}

/** What a confirmed result says of the remote. A remote id that is left out was written by the attempt itself. */
function delivered({ remoteId, remoteModifiedOn, contentHash, base }: Delivered) {
  const keep: RecordValues['keep'] = remoteId === null ? 'remote-id' : 'nothing';
  return { keep, remoteId, contentHash, base: base ?? null, remoteSyncedOn: remoteModifiedOn };
}
