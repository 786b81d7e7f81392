import type { EntityRef, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { RemoteRef } from '../targets/inbound-source.ts';

export interface FindChangedInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly scope: string;
  readonly page: string | null;
}

export interface ChangedPage {
  /** Remote records in the page, including related ones. */
  readonly listed: number;
  /** Pairs whose remote record differs from its last known state. */
  readonly pairs: readonly EntityRef[];
  /** Remote records unknown to EMS. */
  readonly unknown: readonly RemoteRef[];
  /** Malformed records; they are parked. */
  readonly malformed: number;
  /** Why missing remote records are left alone, in an operator's words; null or absent: they are not. */
  readonly held?: string | null;
  readonly next: string | null;
  /** RFC 3339; the cursor may move here once the last page of the scope has been read. */
  readonly seenUpTo: string | null;
}
