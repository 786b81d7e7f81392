import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** The input of an outbound pass. */
export interface DeliverInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  /** Send even if the hash is equal, and release a value that another entity needs. */
  readonly resend: boolean;
  /** Attempts of this delivery so far, including this one. */
  readonly attempt: number;
  /** An operator's command: erase it at the target, for good. */
  readonly erase?: boolean;
  /** No caller waits for it: it may go with others in one call. */
  readonly patient?: boolean;
}
