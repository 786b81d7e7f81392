import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

export interface Intent {
  readonly key: EntityKey;
  readonly state: 'CREATING' | 'PENDING';
  readonly workflowId: string;
}

/**
 * Commits what is about to be sent, before it is sent: an answer may be lost after the effect, and the record must say so.
 * A pair that is failing stays FAILING until a result is confirmed.
 *
 * @returns the keys that this attempt may send; the others belong to a newer attempt already.
 */
export async function beginAttempts(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  fencingToken: bigint,
  intents: readonly Intent[],
): Promise<ReadonlySet<EntityKey>> {
  const values = JSON.stringify(intents);
  const table = sql.raw(recordTable(type));
  const { rows } = await sql<{ key: EntityKey }>`
    INSERT INTO ${table} AS sr (sync_process, entity_id, entity_key, state, pass, workflow_id, updated_on)
    SELECT ${process}, e.id, i.key, i.state, ${fencingToken.toString()}::bigint, i."workflowId", clock_timestamp()
    FROM jsonb_to_recordset(${values}::jsonb) AS i(key bigint, state text, "workflowId" text)
    LEFT JOIN ${sql.raw(entityTable(type))} e ON e.id = i.key
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET
      entity_id = EXCLUDED.entity_id,
      state = CASE WHEN sr.state = 'FAILING' THEN sr.state ELSE EXCLUDED.state END,
      waiting_for = NULL,
      shared_with = NULL,
      pass = EXCLUDED.pass,
      workflow_id = EXCLUDED.workflow_id,
      updated_on = EXCLUDED.updated_on
    WHERE sr.pass < EXCLUDED.pass
    RETURNING sr.entity_key AS key`.execute(orm.em.fork().getKysely());
  return new Set(rows.map(({ key }) => key));
}
