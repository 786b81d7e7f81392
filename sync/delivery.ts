import type { ErrorClass } from './error-class.ts';
import type { EntityKey, EntityRef, EntityType } from './entity-type.ts';
import type { Fingerprint } from './identity.ts';
import type { Stamp } from './instant.ts';
import type { Base } from './keyed-hash.ts';

/** The row state that a pass judged. */
export interface Evaluated {
  readonly modifiedOn: Stamp;
  /** False: another change may have the same time, so the next sweep must evaluate the row again. */
  readonly settled: boolean;
  readonly sourcesVersion: string | null;
  readonly mappingVersion: string;
  /** The row's fingerprint; absent from older workers. */
  readonly fingerprint?: Fingerprint;
}

/** A child row of the pair (a contact preference of its person), read in the same snapshot. */
export interface Child {
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly evaluated: Evaluated;
  /** The suffix of its remote id, after the parent's and a slash. */
  readonly suffix: string;
  readonly contentHash: string | null;
  /** Why the requested channel is refused, for example `email: unsubscribed`; null: it is not. */
  readonly refused: string | null;
  /** Why it cannot be sent, for example `topic: is none of …`; null: it can. */
  readonly parked: string | null;
  /** The code of `parked`. */
  readonly parkedCode?: string;
}

/**
 * The result of one outbound pass over one pair, which `record` writes. It is part of workflow histories, so it
 * contains ids, times, hashes and reasons, never content.
 */
export type Delivery = {
  readonly key: EntityKey;
  readonly fencingToken: string;
  readonly children?: readonly Child[];
} & (
  | { readonly kind: 'nothing'; readonly reason?: string }
  /** A child row: its parent's workflow is requested instead. */
  | { readonly kind: 'with-parent'; readonly by: EntityRef }
  /** A newer attempt, or another worker, was faster. */
  | { readonly kind: 'superseded' }
  /** The target has changes that the record does not know: they are absorbed, then this pair is delivered again. */
  | { readonly kind: 'absorb-first' }
  | { readonly kind: 'unchanged'; readonly evaluated: Evaluated }
  | {
      readonly kind: 'created' | 'updated';
      readonly evaluated: Evaluated;
      /** Null: the id is personal data, so the attempt itself has written it only to the record. */
      readonly remoteId: string | null;
      readonly remoteModifiedOn: string | null;
      readonly contentHash: string;
      /** What the target now holds, as keyed hashes; left out if it is never read. */
      readonly base?: Base;
      readonly messages?: readonly { readonly key: EntityKey; readonly remoteId: string }[];
    }
  /**
   * Removed from the target. `forget`: EMS has deleted the row, so its record is deleted, too. `keptAs`: the target
   * keeps it under this id, which must never come back as a new row.
   */
  | { readonly kind: 'removed'; readonly forget: boolean; readonly keptAs?: string }
  /** Another row's remote record represents this one, too. */
  | { readonly kind: 'shared'; readonly evaluated: Evaluated; readonly owner: EntityRef }
  | {
      readonly kind: 'parked';
      readonly evaluated: Evaluated;
      readonly errorClass: ErrorClass;
      readonly field: string | null;
      readonly reason: string;
      /** Left out: the class says all; so do attempts of an older release. */
      readonly code?: string;
      /** The row whose change may make it pass, for example `Tag/7`. */
      readonly for?: string;
      /** The row is not the one that was delivered under its id. */
      readonly reissued?: true;
    }
  /** Consent forbids all or part of it. */
  | {
      readonly kind: 'suppressed';
      readonly evaluated: Evaluated;
      /** For example `email: unsubscribed`. */
      readonly reason: string;
      /** What was delivered anyway; null: nothing, and what the record knows about the remote stays. */
      readonly delivered: {
        readonly remoteId: string | null;
        readonly remoteModifiedOn: string | null;
        readonly contentHash: string;
        readonly base?: Base;
      } | null;
    }
  /** Erased by command: the record keeps nothing else. */
  | {
      readonly kind: 'erased';
      /** Null: EMS no longer has the row, so the record is deleted as well. */
      readonly evaluated: Evaluated | null;
      readonly outcome: 'erased' | 'absent' | 'kept';
    }
  /** It or its address was erased before: nothing is sent, and what the record knows about the remote stays. */
  | { readonly kind: 'stays-erased'; readonly evaluated: Evaluated }
  /** `evaluated` is null if EMS has deleted the row: it waits to be removed. */
  | {
      readonly kind: 'waiting';
      readonly evaluated: Evaluated | null;
      readonly for: string;
      /** The EMS column or target field that must wait. Left out by attempts of an older release, as is the reason. */
      readonly field?: string;
      readonly reason?: string;
    }
  /** Other pairs must be sent (again) or removed first; this one stays as its attempt left it, and is retried. */
  | {
      readonly kind: 'blocked';
      readonly evaluated: Evaluated | null;
      readonly by: readonly EntityRef[];
      readonly field: string;
      readonly reason: string;
    }
  /** A contested value was released; this pair must be sent in full again. */
  | { readonly kind: 'released'; readonly remoteId: string | null }
);

export type DeliveryKind = Delivery['kind'];
