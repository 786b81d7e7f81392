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
  /** Remote records in the page, those that came with others included. */
  readonly listed: number;
  /** Pairs whose remote record differs from what is known of it. */
  readonly pairs: readonly EntityRef[];
  /** Remote records that EMS does not know. */
  readonly unknown: readonly RemoteRef[];
  /** Malformed ones, parked. */
  readonly malformed: number;
  /** Why remote records that are missing are left alone, in an operator's words; null, or left out: they are not. */
  readonly held?: string | null;
  readonly next: string | null;
  /** RFC 3339; the cursor may move there when the last page of the scope was read. */
  readonly seenUpTo: string | null;
}
