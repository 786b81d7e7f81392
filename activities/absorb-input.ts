import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** The pair whose remote record is looked at. */
export interface AbsorbInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}
