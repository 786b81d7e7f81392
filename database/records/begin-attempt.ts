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
  /** The remote id that a create will make, where it is known before. It is left out if another record has it. */
  readonly remoteId?: string | null;
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
  intent: Intent,
): Promise<boolean> {
  const { fencingToken, workflowId } = intent;
  return (await beginAttempts(orm, process, type, { fencingToken, workflowId, intents: [{ ...intent, key }] })).has(
    key,
  );
}

/** A pair that an attempt owns, with the remote id on its record. */
export interface BegunPair {
  readonly key: EntityKey;
  readonly remoteId: string | null;
}

/**
 * The same for many pairs of one attempt.
 *
 * @returns the pairs that this attempt owns and may send, by key.
 */
export async function beginAttempts(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  {
    fencingToken,
    workflowId,
    intents,
  }: Pick<Intent, 'fencingToken' | 'workflowId'> & {
    readonly intents: readonly (Omit<Intent, 'fencingToken' | 'workflowId'> & { readonly key: EntityKey })[];
  },
): Promise<ReadonlyMap<EntityKey, BegunPair>> {
  const begun = intents.map(({ key, state, fingerprint = null, remoteId = null }) => ({
    key,
    state,
    fingerprint,
    remoteId,
  }));
  const records = sql.raw(recordTable(type));
  const { rows } = await sql<BegunPair>`
    INSERT INTO ${records} AS sr (sync_process, entity_id, entity_key, state, pass, workflow_id,
      fingerprint, remote_id, updated_on)
    SELECT ${process}, e.id, v.key, v.state, ${fencingToken.toString()}::bigint, ${workflowId}, v.fingerprint,
      CASE WHEN NOT EXISTS (SELECT FROM ${records} other WHERE other.sync_process = ${process}
        AND other.remote_id = v."remoteId" AND other.entity_key IS DISTINCT FROM v.key) THEN v."remoteId" END,
      clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(begun)}::jsonb)
      AS v(key bigint, state text, fingerprint jsonb, "remoteId" text)
    LEFT JOIN ${sql.raw(entityTable(type))} e ON e.id = v.key
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET
      entity_id = EXCLUDED.entity_id,
      state = CASE WHEN sr.state = 'FAILING' THEN sr.state ELSE EXCLUDED.state END,
      shared_with = NULL,
      pass = EXCLUDED.pass,
      workflow_id = EXCLUDED.workflow_id,
      fingerprint = coalesce(EXCLUDED.fingerprint, sr.fingerprint),
      remote_id = coalesce(EXCLUDED.remote_id, sr.remote_id),
      updated_on = EXCLUDED.updated_on
    WHERE sr.pass < EXCLUDED.pass
    RETURNING sr.entity_key AS key, sr.remote_id AS "remoteId"`.execute(orm.em.fork().getKysely());
  return new Map(rows.map((row) => [row.key, row]));
}
