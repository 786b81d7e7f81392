import { sql } from 'kysely';
import type { ErrorClass } from '../../sync/error-class.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { failureCode } from '../../sync/failure-code.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

export interface Failure {
  readonly key: EntityKey;
  readonly errorClass: ErrorClass;
  /** The reason, as {@link failureCode} takes it. */
  readonly code?: string | undefined;
  readonly message: string;
  readonly attempts: number;
  readonly workflowId: string;
}

/**
 * Records that a pair keeps failing while its retries continue, in a separate transaction: a failure rolled back with
 * its cause would be invisible. What is known of the remote stays.
 */
export async function writeFailure(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  { key, errorClass, code, message, attempts, workflowId }: Failure,
): Promise<void> {
  await sql`
    INSERT INTO ${sql.raw(recordTable(type))} AS sr (sync_process, entity_id, entity_key, state, last_error_class,
      last_error_code, last_error, attempts, failing_since, workflow_id, updated_on)
    VALUES (${process}, (SELECT id FROM ${sql.raw(entityTable(type))} WHERE id = ${key}::bigint), ${key}::bigint, 'FAILING',
      ${errorClass}, ${failureCode(process, errorClass, code)}, ${message}, ${attempts}, clock_timestamp(), ${workflowId}, clock_timestamp())
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET
      state = EXCLUDED.state,
      last_error_class = EXCLUDED.last_error_class,
      last_error_code = EXCLUDED.last_error_code,
      last_error = EXCLUDED.last_error,
      attempts = EXCLUDED.attempts,
      failing_since = coalesce(sr.failing_since, EXCLUDED.failing_since),
      workflow_id = EXCLUDED.workflow_id,
      updated_on = EXCLUDED.updated_on
    WHERE sr.state <> 'UNLINKED'`.execute(orm.em.fork().getKysely());
}
