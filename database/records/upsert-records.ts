import { sql, type RawBuilder } from 'kysely';
import type { Evaluated } from '../../sync/delivery.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { isErrorClass } from '../../sync/error-class.ts';
import { failureCode, type FailureCode } from '../../sync/failure-code.ts';
import type { Fingerprint } from '../../sync/identity.ts';
import type { Stamp } from '../../sync/instant.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { SyncState } from '../../sync/sync-state.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

/**
 * The columns that a result sets; absent ones are set to null, except `remote_synced_on`, which only moves forward: a
 * confirmed write is newer than whatever was read before, even if the target's clock was set back.
 */
export interface RecordValues {
  readonly key: string;
  readonly fencingToken: string;
  readonly state: SyncState;
  readonly workflowId: string;
  /** The row's own time. Unless `settled`, a microsecond less is stored. */
  readonly entitySyncedOn?: Stamp | null;
  readonly evaluatedOn?: Stamp | null;
  /** False: the next sweep must evaluate the row again. */
  readonly settled?: boolean;
  readonly mappingVersion?: string | null;
  readonly sourcesVersion?: string | null;
  readonly waitingFor?: string | null;
  readonly sharedWith?: EntityKey | null;
  readonly remoteId?: string | null;
  readonly contentHash?: string | null;
  readonly base?: Base | null;
  readonly remoteSyncedOn?: string | null;
  readonly lastErrorClass?: string | null;
  /** The reason of a failure, as {@link failureCode} takes it. */
  readonly code?: string | undefined;
  readonly lastError?: string | null;
  readonly programVersion?: string | null;
  /** The row's fingerprint; left out: the recorded one stays. */
  readonly fingerprint?: Fingerprint | null;
  /** Parked because the record belongs to a former row. */
  readonly reissued?: 'parked' | null;
  /** The old values to keep, which a result without a remote call must not lose. */
  readonly keep: 'nothing' | 'remote-id' | 'remote' | 'times-and-remote';
}

const KEPT_COLUMNS = {
  nothing: [],
  'remote-id': ['remote_id'],
  remote: ['remote_id', 'content_hash', 'base'],
  'times-and-remote': ['remote_id', 'content_hash', 'base', 'entity_synced_on'],
} as const satisfies Record<RecordValues['keep'], readonly string[]>;

/** Writes results over those of older attempts; results of a newer attempt are left alone. */
export async function upsertRecords(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  { keep, values }: { readonly keep: RecordValues['keep']; readonly values: readonly RecordValues[] },
): Promise<void> {
  const kept: readonly string[] = KEPT_COLUMNS[keep];
  const keepable = (column: string) => sql.raw(`${column} = ${kept.includes(column) ? 'sr' : 'EXCLUDED'}.${column}`);
  await sql`
    INSERT INTO ${sql.raw(recordTable(type))} AS sr (sync_process, entity_id, entity_key, pass, state, workflow_id,
      entity_synced_on, evaluated_on, mapping_version, sources_version, waiting_for, shared_with, remote_id,
      content_hash, base, remote_synced_on, remote_confirmed_on, last_error_class, last_error_code, last_error, program_version, fingerprint, reissued, updated_on)
    SELECT ${process}, e.id, v.key, v."fencingToken", v.state, v."workflowId",
      ${shortUnlessSettled('v."entitySyncedOn"')}, ${shortUnlessSettled('v."evaluatedOn"')}, v."mappingVersion", v."sourcesVersion", v."waitingFor", v."sharedWith", v."remoteId",
      v."contentHash", v.base, v."remoteSyncedOn",
      CASE WHEN v."contentHash" IS NOT NULL THEN clock_timestamp() END, v."lastErrorClass", v."lastErrorCode", v."lastError", v."programVersion", v.fingerprint, v.reissued, clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(values.map((value) => ({ ...value, lastErrorCode: codeOf(process, value) })))}::jsonb) AS v(key bigint, "fencingToken" bigint, state text,
      "workflowId" text, "entitySyncedOn" timestamptz, "evaluatedOn" timestamptz, settled boolean, "mappingVersion" text,
      "sourcesVersion" text, "waitingFor" text, "sharedWith" bigint, "remoteId" text, "contentHash" text, base jsonb, "remoteSyncedOn" timestamptz,
      "lastErrorClass" text, "lastErrorCode" text, "lastError" text, "programVersion" text, fingerprint jsonb, reissued text)
    LEFT JOIN ${sql.raw(entityTable(type))} e ON e.id = v.key
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET
      entity_id = EXCLUDED.entity_id,
      pass = EXCLUDED.pass,
      state = EXCLUDED.state,
      workflow_id = EXCLUDED.workflow_id,
      ${keepable('entity_synced_on')},
      evaluated_on = EXCLUDED.evaluated_on,
      mapping_version = EXCLUDED.mapping_version,
      sources_version = EXCLUDED.sources_version,
      waiting_for = EXCLUDED.waiting_for,
      shared_with = EXCLUDED.shared_with,
      ${keepable('remote_id')},
      ${keepable('content_hash')},
      ${keepable('base')},
      remote_synced_on = CASE WHEN EXCLUDED.remote_synced_on < sr.remote_synced_on
        THEN sr.remote_synced_on + interval '1 microsecond' ELSE coalesce(EXCLUDED.remote_synced_on, sr.remote_synced_on) END,
      remote_confirmed_on = CASE WHEN EXCLUDED.remote_confirmed_on IS NOT NULL AND (EXCLUDED.base IS DISTINCT FROM sr.base
          OR EXCLUDED.remote_synced_on IS DISTINCT FROM sr.remote_synced_on)
        THEN EXCLUDED.remote_confirmed_on ELSE sr.remote_confirmed_on END,
      last_error_class = EXCLUDED.last_error_class,
      last_error_code = EXCLUDED.last_error_code,
      last_error = EXCLUDED.last_error,
      program_version = EXCLUDED.program_version,
      fingerprint = CASE WHEN EXCLUDED.state <> 'ERASED' THEN coalesce(EXCLUDED.fingerprint, sr.fingerprint) END,
      reissued = EXCLUDED.reissued,
      attempts = 0,
      failing_since = NULL,
      updated_on = EXCLUDED.updated_on
    WHERE sr.pass <= EXCLUDED.pass`.execute(em.getKysely());
}

/** Refusals by consent are no failures. */
function codeOf(process: SyncProcessName, { lastErrorClass, code }: RecordValues): FailureCode | null {
  return isErrorClass(lastErrorClass) ? failureCode(process, lastErrorClass, code) : null;
}

/**
 * SQL: the time to record for a row `v` with a column `settled`. Unsettled: a microsecond less, so that the next sweep
 * evaluates the row again, finds the hash equal, and corrects the time.
 *
 * @param time a column, for example `v."modifiedOn"`. PostgreSQL's earliest time has nothing before it and is always
 * settled.
 */
export function shortUnlessSettled(time: string): RawBuilder<Stamp> {
  return sql.raw(
    `CASE WHEN v.settled IS NOT FALSE OR ${time} < '4713-12-31 BC' THEN ${time} ELSE ${time} - interval '1 microsecond' END`,
  );
}

/** Unsettled sources count as unknown, for the same reason. */
export function knownSources({ sourcesVersion, settled }: Evaluated): string | null {
  return settled ? sourcesVersion : null;
}

/** The times of a row that was delivered, or found equal. */
export function inSync(judged: Evaluated) {
  return {
    entitySyncedOn: judged.modifiedOn,
    settled: judged.settled,
    sourcesVersion: knownSources(judged),
    mappingVersion: judged.mappingVersion,
    fingerprint: judged.fingerprint ?? null,
  };
}

/** The times of a row that was evaluated but not delivered. */
export function evaluated(judged: Evaluated) {
  return {
    evaluatedOn: judged.modifiedOn,
    settled: judged.settled,
    sourcesVersion: knownSources(judged),
    mappingVersion: judged.mappingVersion,
    fingerprint: judged.fingerprint ?? null,
  };
}
