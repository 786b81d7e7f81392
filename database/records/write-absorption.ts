import { sql } from 'kysely';
import type { Evaluated } from '../../sync/delivery.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { FailureCode } from '../../sync/failure-code.ts';
import type { Fingerprint } from '../../sync/identity.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { Stamp } from '../../sync/instant.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import { knownSources } from './upsert-records.ts';

export interface AbsorbedRecord {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly fencingToken: bigint;
  readonly workflowId: string;
  readonly remoteId: string;
  /** RFC 3339; null: the known time stays. */
  readonly remoteSyncedOn: string | null;
  readonly base: Base;
  /** The row's current fingerprint; null: the recorded one stays. */
  readonly fingerprint: Fingerprint | null;
  readonly outcome:
    /** Both sides are now equal. */
    | {
        readonly kind: 'in-sync';
        readonly modifiedOn: Stamp;
        readonly contentHash: string;
        readonly sourcesVersion: string | null;
        readonly mappingVersion: string;
      }
    /** EMS would send what it last delivered: only its own time has changed. */
    | { readonly kind: 'delivered'; readonly modifiedOn: Stamp }
    /** EMS's state must be sent, even if the hash is equal. */
    | { readonly kind: 'resend' }
    /** The outbound half must decide. */
    | { readonly kind: 'open' }
    | {
        readonly kind: 'parked';
        readonly reason: string;
        readonly code: FailureCode;
        readonly evaluated: Evaluated;
        /** The record belongs to a former row. */
        readonly reissued: boolean;
      };
}

/**
 * Writes what was absorbed, in the transaction that wrote the EMS row. A record that a newer attempt has written, or in
 * which nothing changes, is left alone.
 */
export async function writeAbsorbedRecord(em: EntityManager, absorbed: AbsorbedRecord): Promise<void> {
  const { process, type, key, fencingToken, outcome } = absorbed;
  const values: Record<string, unknown> = {
    remote_id: absorbed.remoteId,
    base: sql`${JSON.stringify(absorbed.base)}::jsonb`,
    ...(absorbed.remoteSyncedOn === null ? {} : { remote_synced_on: sql`${absorbed.remoteSyncedOn}::timestamptz` }),
    ...(absorbed.fingerprint === null ? {} : { fingerprint: sql`${JSON.stringify(absorbed.fingerprint)}::jsonb` }),
    ...outcomeColumns(outcome),
  };
  const columns = Object.entries(values);
  await sql`
    UPDATE ${sql.raw(recordTable(type))} sr SET ${sql.join([
      ...columns.map(([column, value]) => sql`${sql.id(column)} = ${value}`),
      ...(absorbed.remoteSyncedOn === null ? [] : [sql`remote_confirmed_on = clock_timestamp()`]),
      sql`pass = ${fencingToken.toString()}::bigint`,
      sql`workflow_id = ${absorbed.workflowId}`,
      sql`updated_on = clock_timestamp()`,
    ])}
    WHERE sr.sync_process = ${process} AND sr.entity_key = ${key}::bigint AND sr.pass <= ${fencingToken.toString()}::bigint
      AND sr.state <> 'UNLINKED'
      AND (${sql.join(
        columns.map(([column, value]) => sql`sr.${sql.id(column)} IS DISTINCT FROM ${value}`),
        sql` OR `,
      )})`.execute(em.getKysely());
}

const NO_ERROR = { last_error_class: null, last_error_code: null, last_error: null };

function outcomeColumns(outcome: AbsorbedRecord['outcome']): Record<string, unknown> {
  switch (outcome.kind) {
    case 'in-sync':
      return {
        state: 'IN_SYNC',
        content_hash: outcome.contentHash,
        entity_synced_on: sql`${outcome.modifiedOn}::timestamptz`,
        sources_version: outcome.sourcesVersion,
        mapping_version: outcome.mappingVersion,
        evaluated_on: sql`NULL::timestamptz`,
        waiting_for: null,
        ...NO_ERROR,
      };
    case 'delivered':
      return { entity_synced_on: sql`${outcome.modifiedOn}::timestamptz` };
    case 'resend':
      return { state: 'PENDING', content_hash: null, ...NO_ERROR };
    case 'parked':
      return {
        state: 'PARKED',
        last_error_class: 'rejected',
        last_error_code: outcome.code,
        last_error: outcome.reason,
        waiting_for: null,
        evaluated_on: evaluatedOn(outcome.evaluated),
        sources_version: knownSources(outcome.evaluated),
        mapping_version: outcome.evaluated.mappingVersion,
        reissued: outcome.reissued ? 'parked' : null,
      };
    case 'open':
      return {};
  }
}

/** Unsettled: a microsecond less, so that the next sweep evaluates the row again. */
function evaluatedOn({ modifiedOn, settled }: Evaluated) {
  return settled ? sql`${modifiedOn}::timestamptz` : sql`${modifiedOn}::timestamptz - interval '1 microsecond'`;
}

/** The remote record is gone. `UNLINKED` unlinks the pair with the reason; `PENDING` creates it again. */
export async function writeGone(
  em: EntityManager,
  { process, type, key, fencingToken }: Pick<AbsorbedRecord, 'process' | 'type' | 'key' | 'fencingToken'>,
  state: 'UNLINKED' | 'PENDING',
): Promise<void> {
  const [errorClass, reason] = state === 'UNLINKED' ? ['gone', `its record at ${process} is gone`] : [null, null];
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET state = ${state}, remote_id = NULL, content_hash = NULL, base = NULL,
      remote_synced_on = NULL, last_error_class = ${errorClass}, last_error_code = NULL, last_error = ${reason}, pass = ${fencingToken.toString()}::bigint, updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND pass <= ${fencingToken.toString()}::bigint`.execute(
    em.getKysely(),
  );
}
