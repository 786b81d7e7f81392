import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** What an outbound pass is told. */
export interface DeliverInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  /** Send even if the hash is equal, and let go of a value that another entity needs. */
  readonly resend: boolean;
  /** Attempts of this delivery so far, the present one counted. */
  readonly attempt: number;
  /** An operator's command: erase it at the target, for good. */
  readonly erase?: boolean;
  /** Nobody waits for it: it may go with others in one call. */
  readonly patient?: boolean;
}
