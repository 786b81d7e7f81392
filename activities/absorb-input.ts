import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** The pair whose remote record is absorbed. */
export interface AbsorbInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}
