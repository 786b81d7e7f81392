import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** The pair that an activity is about. */
export interface PairInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/** The input of an outbound pass. */
export interface DeliverInput extends PairInput {
  /** Send even if the hash is equal, and release a value that another entity needs. */
  readonly resend: boolean;
  /** Attempts of this delivery so far, including this one. */
  readonly attempt: number;
  /** An operator's command to erase the record at the target permanently. */
  readonly erase?: boolean;
  /** No caller waits for it, so it may share a bulk call with others. */
  readonly patient?: boolean;
}
