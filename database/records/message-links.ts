import { sql } from 'kysely';
import type { Delivery } from '../../sync/delivery.ts';
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
  await sql`
    INSERT INTO sync_conversation_message AS t (sync_process, entity_id, entity_key, remote_id, origin, updated_on)
    SELECT ${process}, m.id, v.key, v."remoteId", 'ems', clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(sent)}::jsonb) AS v(key bigint, "remoteId" text)
    LEFT JOIN conversation_message m ON m.id = v.key
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET remote_id = EXCLUDED.remote_id, updated_on = EXCLUDED.updated_on
    WHERE t.remote_id IS DISTINCT FROM EXCLUDED.remote_id`.execute(em.getKysely());
}
