import { sql } from 'kysely';
import type { Delivery } from '../../sync/delivery.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

/** Records the remote ids of EMS's messages that were sent. Idempotent. */
export async function linkSentMessages(
  em: EntityManager,
  process: SyncProcessName,
  deliveries: readonly Delivery[],
): Promise<void> {
  const sent = deliveries.flatMap((delivery) =>
    delivery.kind === 'created' || delivery.kind === 'updated' ? (delivery.messages ?? []) : [],
  );
  if (sent.length === 0) return;
  await forgetMessageIds(
    em,
    process,
    sent.map(({ remoteId }) => remoteId),
    sent.map(({ key }) => key),
  );
  await sql`
    INSERT INTO sync_conversation_message AS t (sync_process, entity_id, entity_key, remote_id, origin, updated_on)
    SELECT ${process}, m.id, v.key, v."remoteId", 'ems', clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(sent)}::jsonb) AS v(key bigint, "remoteId" text)
    LEFT JOIN conversation_message m ON m.id = v.key
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET remote_id = EXCLUDED.remote_id, updated_on = EXCLUDED.updated_on
    WHERE t.remote_id IS DISTINCT FROM EXCLUDED.remote_id`.execute(em.getKysely());
}

/**
 * The remote has given these ids to other messages: it was restored from a backup. The former messages stay known as the
 * remote's, so that they are not sent there as EMS's own.
 *
 * @param kept keys of the messages that have them now.
 */
export async function forgetMessageIds(
  em: EntityManager,
  process: SyncProcessName,
  remoteIds: readonly string[],
  kept: readonly EntityKey[] = [],
): Promise<void> {
  await sql`
    UPDATE sync_conversation_message SET remote_id = NULL, updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND remote_id = ANY (${remoteIds}::text[])
      AND (entity_key IS NULL OR entity_key <> ALL (${kept}::bigint[]))`.execute(em.getKysely());
}
