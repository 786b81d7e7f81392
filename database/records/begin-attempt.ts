import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Fingerprint } from '../../sync/identity.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

/** What will be sent. */
export interface Intent {
  readonly fencingToken: bigint;
  readonly state: 'CREATING' | 'PENDING';
  readonly workflowId: string;
  /** The fingerprint of the row that is sent; null: the recorded one stays. */
  readonly fingerprint?: Fingerprint | null;
}

/**
 * Commits what will be sent before it is sent: the answer may be lost after the effect, and the record must show the
 * attempt. A failing pair stays FAILING until a result is confirmed. The row that blocked this one before stays
 * recorded as well, because it may be reading just now which rows wait for it.
 *
 * @returns false: a newer attempt already owns the record, and this one must not send.
 */
export async function beginAttempt(
  orm: Orm,
  { process, type, key }: { readonly process: SyncProcessName; readonly type: EntityType; readonly key: EntityKey },
  { fencingToken, state, workflowId, fingerprint = null }: Intent,
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO ${sql.raw(recordTable(type))} AS sr (sync_process, entity_id, entity_key, state, pass, workflow_id,
      fingerprint, updated_on)
    SELECT ${process}, (SELECT id FROM ${sql.raw(entityTable(type))} WHERE id = ${key}::bigint), ${key}::bigint, ${state},
      ${fencingToken.toString()}::bigint, ${workflowId},
      ${fingerprint === null ? null : JSON.stringify(fingerprint)}::jsonb, clock_timestamp()
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET
      entity_id = EXCLUDED.entity_id,
      state = CASE WHEN sr.state = 'FAILING' THEN sr.state ELSE EXCLUDED.state END,
      shared_with = NULL,
      pass = EXCLUDED.pass,
      workflow_id = EXCLUDED.workflow_id,
      fingerprint = coalesce(EXCLUDED.fingerprint, sr.fingerprint),
      updated_on = EXCLUDED.updated_on
    WHERE sr.pass < EXCLUDED.pass
    RETURNING 1`.execute(orm.em.fork().getKysely());
  return rows.length > 0;
}
