import type { ErrorClass } from './error-class.ts';
import type { EntityKey, EntityRef, EntityType } from './entity-type.ts';
import type { Base } from './keyed-hash.ts';

/** What is noted of the row that a pass judged. Times are RFC 3339 in UTC with microseconds. */
export interface Examined {
  readonly modifiedOn: string;
  /** False: another change may hide behind the same time, so the next sweep must look again. */
  readonly settled: boolean;
  readonly sourcesVersion: string | null;
  readonly mappingVersion: number;
}

/** A row that travels with the pair's own (a contact preference with its person), as it was read in the same snapshot. */
export interface Rider {
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly examined: Examined;
  /** What follows the carrier's remote id and a slash in its own. */
  readonly suffix: string;
  readonly contentHash: string | null;
  /** Why what it asks for is refused, for example `email: unsubscribed`; null: it is not. */
  readonly refused: string | null;
  /** Why it cannot be sent, for example `topic: is none of …`; null: it can. */
  readonly parked: string | null;
}

/**
 * The result of one outbound pass over one pair: what `record` writes. It travels through workflow histories, so it holds
 * ids, times, hashes and reasons, never content.
 */
export type Delivery = { readonly key: EntityKey; readonly pass: string; readonly riders?: readonly Rider[] } & (
  | { readonly kind: 'nothing' }
  /** The row travels with another, whose workflow is asked instead. */
  | { readonly kind: 'carried'; readonly by: EntityRef }
  /** A newer attempt, or another worker, was faster. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'unchanged'; readonly examined: Examined }
  | {
      readonly kind: 'created' | 'updated';
      readonly examined: Examined;
      /** Null: it tells who it is, and was written to the record alone, by the attempt itself. */
      readonly remoteId: string | null;
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
  /** Consent forbids it, or part of it. */
  | {
      readonly kind: 'suppressed';
      readonly examined: Examined;
      /** For example `email: unsubscribed`, or `erased`. */
      readonly reason: string;
      /** What was delivered all the same; null: nothing, and what the record knows of the remote stays. */
      readonly delivered: {
        readonly remoteId: string | null;
        readonly remoteModifiedOn: string | null;
        readonly contentHash: string;
        readonly base?: Base;
      } | null;
    }
  /** Erased by order: the record forgets all but that. */
  | {
      readonly kind: 'erased';
      /** Null: EMS has no such row any more, and the record goes as well. */
      readonly examined: Examined | null;
      readonly outcome: 'erased' | 'absent' | 'kept';
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
