import { sql } from 'kysely';
import type { Orm } from '../database/orm.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import { formatInstant, parseInstant } from '../sync/instant.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** Remote values that EMS did not take over, without the values themselves. Times are RFC 3339 in UTC with microseconds. */
export interface LostConflict {
  readonly id: string;
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly remoteId: string | null;
  readonly occurredOn: string;
  readonly fields: readonly string[];
  /** `lost`: EMS has a value of its own. `proposed`: anybody may have written it. */
  readonly kind: 'lost' | 'proposed';
  /** When an operator restored the values in EMS, or accepted them; null: never. */
  readonly restoredOn: string | null;
  /** When an operator refused the proposal; null: never. */
  readonly refusedOn: string | null;
}

export interface SealedConflict extends LostConflict {
  /** Decrypt with `unseal`, bound to `conflictSubject`. */
  readonly sealed: Uint8Array;
}

const COLUMNS = sql.raw(`id, sync_process AS process, entity_type AS type, entity_key AS key, remote_id AS "remoteId",
  occurred_on AS "occurredOn", fields, kind, restored_on AS "restoredOn", refused_on AS "refusedOn"`);

export interface Listed {
  /** Null: all processes. */
  readonly process: SyncProcessName | null;
  /** Only proposals that nobody has decided about. False: only values that lost. */
  readonly proposed: boolean;
  readonly atMost: number;
}

/** The latest ones, newest first. */
export async function listConflicts(orm: Orm, { process, proposed, atMost }: Listed): Promise<readonly LostConflict[]> {
  const { rows } = await sql<LostConflict>`
    SELECT ${COLUMNS} FROM sync_conflict WHERE (${process}::text IS NULL OR sync_process = ${process})
      AND kind = ${proposed ? 'proposed' : 'lost'}
      AND (kind = 'lost' OR (restored_on IS NULL AND refused_on IS NULL))
    ORDER BY id DESC LIMIT ${atMost}`.execute(orm.em.fork().getKysely());
  return rows.map(withTimes);
}

/** Null if there is no such conflict. */
export async function findConflict(orm: Orm, id: string): Promise<SealedConflict | null> {
  const { rows } = await sql<SealedConflict>`
    SELECT ${COLUMNS}, encrypted_values AS sealed FROM sync_conflict WHERE id = ${id}::bigint`.execute(
    orm.em.fork().getKysely(),
  );
  const [found] = rows;
  return found === undefined ? null : withTimes(found);
}

function withTimes<C extends LostConflict>(conflict: C): C {
  const { occurredOn, restoredOn, refusedOn } = conflict;
  return {
    ...conflict,
    occurredOn: written(occurredOn),
    restoredOn: restoredOn === null ? null : written(restoredOn),
    refusedOn: refusedOn === null ? null : written(refusedOn),
  };
}

const written = (time: string) => formatInstant(parseInstant(time));
