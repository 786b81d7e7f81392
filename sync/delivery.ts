import type { ErrorClass } from './error-class.ts';
import type { EntityKey, EntityRef } from './entity-type.ts';
import type { Base } from './keyed-hash.ts';

/** What is noted of the row that a pass judged. Times are RFC 3339 in UTC with microseconds. */
export interface Examined {
  readonly modifiedOn: string;
  /** False: another change may hide behind the same time, so the next sweep must look again. */
  readonly settled: boolean;
  readonly sourcesVersion: string | null;
  readonly mappingVersion: number;
}

/**
 * The result of one outbound pass over one pair: what `record` writes. It travels through workflow histories, so it holds
 * ids, times, hashes and reasons, never content.
 */
export type Delivery = { readonly key: EntityKey; readonly pass: string } & (
  | { readonly kind: 'nothing' }
  /** A newer attempt, or another worker, was faster. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'unchanged'; readonly examined: Examined }
  | {
      readonly kind: 'created' | 'updated';
      readonly examined: Examined;
      readonly remoteId: string;
      readonly remoteModifiedOn: string | null;
      readonly contentHash: string;
      /** What the target holds now, as keyed hashes; left out where it is never read. */
      readonly base?: Base;
      readonly messages?: readonly { readonly key: EntityKey; readonly remoteId: string }[];
    }
  /**
   * Off the target. `forget`: EMS has no such row any more, so neither have we. `keptAs`: the target keeps it all the same,
   * under this id, which must never come back as a new row.
   */
  | { readonly kind: 'removed'; readonly forget: boolean; readonly keptAs?: string }
  /** Another row's remote record stands for this one, too. */
  | { readonly kind: 'linked'; readonly examined: Examined; readonly to: string }
  | {
      readonly kind: 'parked';
      readonly examined: Examined;
      readonly errorClass: ErrorClass;
      readonly field: string | null;
      readonly reason: string;
    }
  | { readonly kind: 'waiting'; readonly examined: Examined; readonly for: string }
  /** Other pairs must be sent (again) first; this one stays as its attempt left it, and is tried again. */
  | {
      readonly kind: 'blocked';
      readonly examined: Examined;
      readonly by: readonly EntityRef[];
      readonly field: string;
      readonly reason: string;
    }
  /** A contested value was let go; this pair must be sent in full again. */
  | { readonly kind: 'gave-way'; readonly remoteId: string | null }
);

export type DeliveryKind = Delivery['kind'];
