import { sql } from 'kysely';
import type { Delivery } from '../../sync/delivery.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager, Orm } from '../orm.ts';
import { PROGRAM_VERSION } from '../program-version.ts';
import { entityTable, recordTable } from '../table-names.ts';
import { linkSentMessages } from './message-links.ts';
import { forgetRekeys } from './rekeys.ts';
import { evaluated, inSync, upsertRecords, type RecordValues } from './upsert-records.ts';
import { writeChildren } from './write-children.ts';

/**
 * Writes the results of a pass in one transaction: hash, times and remote id together, and only for a confirmed result
 * (architecture rule 3). A record that a newer attempt has written is left alone, so writing is idempotent.
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
    await forgetRekeys(
      em,
      process,
      type,
      deliveries.filter(isGone).map(({ key }) => key),
    );
    await linkSentMessages(em, process, deliveries);
    for (const [keep, sameKeep] of Map.groupBy(values, (value) => value.keep)) {
      await upsertRecords(em, process, type, { keep, values: sameKeep });
    }
    await writeChildren(em, process, type, deliveries);
  });
}

const isForgotten = (delivery: Delivery) =>
  (delivery.kind === 'removed' && delivery.forget) || (delivery.kind === 'erased' && delivery.evaluated === null);

/** The pair no longer has its own remote record. */
const isGone = ({ kind }: Delivery) => kind === 'removed' || kind === 'erased' || kind === 'shared';

async function deleteRecords(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  forgotten: readonly Delivery[],
): Promise<void> {
  if (forgotten.length === 0) return;
  const keys = JSON.stringify(forgotten.map(({ key, fencingToken }) => ({ key, fencingToken })));
  await sql`
    DELETE FROM ${sql.raw(recordTable(type))} sr USING jsonb_to_recordset(${keys}::jsonb) AS v(key bigint, "fencingToken" bigint)
    WHERE sr.sync_process = ${process} AND sr.entity_key = v.key AND sr.pass <= v."fencingToken"
      AND NOT EXISTS (SELECT FROM ${sql.raw(entityTable(type))} e WHERE e.id = v.key)`.execute(em.getKysely());
}

function recordValues(delivery: Delivery & { readonly workflowId: string }): RecordValues | null {
  const { key, fencingToken, workflowId } = delivery;
  const common = { key, fencingToken, workflowId };
  switch (delivery.kind) {
    case 'nothing':
    case 'with-parent':
    case 'superseded':
    case 'absorb-first':
    case 'blocked':
      return null;
    case 'created':
    case 'updated':
      return {
        ...common,
        ...delivered(delivery),
        state: 'IN_SYNC',
        ...inSync(delivery.evaluated),
      };
    case 'suppressed': {
      const refused = { state: 'SUPPRESSED', lastErrorClass: 'consent', lastError: delivery.reason } as const;
      if (delivery.delivered !== null)
        return { ...common, ...delivered(delivery.delivered), ...refused, ...inSync(delivery.evaluated) };
      return { ...common, keep: 'times-and-remote', ...refused, ...evaluated(delivery.evaluated) };
    }
    case 'erased':
      if (delivery.evaluated === null) return null;
      return {
        ...common,
        keep: 'nothing',
        state: 'ERASED',
        ...evaluated(delivery.evaluated),
      };
    case 'stays-erased':
      return { ...common, keep: 'times-and-remote', state: 'ERASED', ...evaluated(delivery.evaluated) };
    case 'unchanged':
      return { ...common, keep: 'remote', state: 'IN_SYNC', ...inSync(delivery.evaluated) };
    case 'removed':
      return delivery.forget
        ? null
        : { ...common, keep: 'nothing', state: 'REMOVED', remoteId: delivery.keptAs ?? null };
    case 'shared':
      return {
        ...common,
        keep: 'nothing',
        state: 'SHARED',
        ...evaluated(delivery.evaluated),
        sharedWith: delivery.owner.key,
      };
    case 'parked':
      return {
        ...common,
        keep: 'times-and-remote',
        state: 'PARKED',
        ...evaluated(delivery.evaluated),
        waitingFor: delivery.for ?? null,
        // The record still belongs to the row that was delivered.
        ...(delivery.reissued === true ? { fingerprint: null, reissued: 'parked' as const } : {}),
        lastErrorClass: delivery.errorClass,
        code: delivery.code,
        // An answer that could not be parsed may be parsed later, or by another version.
        programVersion: delivery.errorClass === 'contract' ? PROGRAM_VERSION : null,
        lastError: withField(delivery.field, delivery.reason),
      };
    case 'waiting':
      return {
        ...common,
        keep: 'times-and-remote',
        state: 'WAITING',
        ...(delivery.evaluated === null ? {} : evaluated(delivery.evaluated)),
        waitingFor: delivery.for,
        ...(delivery.reason === undefined ? {} : { lastError: withField(delivery.field ?? null, delivery.reason) }),
      };
    case 'released':
      return { ...common, keep: 'nothing', state: 'PENDING', remoteId: delivery.remoteId };
  }
}

const withField = (field: string | null, reason: string) => (field === null ? reason : `${field}: ${reason}`);

interface Delivered {
  readonly remoteId: string | null;
  readonly remoteModifiedOn: string | null;
  readonly contentHash: string;
  readonly base?: Base;
}

/**
 * What a confirmed result says about the remote. A remote id that is null was already written by the attempt itself.
 */
function delivered({ remoteId, remoteModifiedOn, contentHash, base }: Delivered) {
  const keep: RecordValues['keep'] = remoteId === null ? 'remote-id' : 'nothing';
  return { keep, remoteId, contentHash, base: base ?? null, remoteSyncedOn: remoteModifiedOn };
}
