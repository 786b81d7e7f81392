import type { EntityKey, EntityType } from './entity-type.ts';

/**
 * The result of the inbound half of a pass. It is part of workflow histories, so it contains ids, field names and
 * reasons, never values.
 */
export type Absorption = {
  readonly key: EntityKey;
  /** Whether EMS's state may now differ from the remote's, so that the outbound half must run. */
  readonly outboundDue: boolean;
} & (
  | { readonly kind: 'nothing'; readonly reason: string }
  /** A bounce-back, or a change of unmapped fields. */
  | { readonly kind: 'unchanged' }
  /** Consent was read: the current refusals; null: none any more. */
  | {
      readonly kind: 'consent';
      readonly refused: string | null;
      /**
       * EMS's state is sent again even if the hash is equal: an opt-out was lifted, or the contact now belongs to
       * another person.
       */
      readonly resend?: true;
    }
  | { readonly kind: 'applied'; readonly fields: readonly string[] }
  /** Both sides have changed: EMS's state is sent again, and lost values are in the conflict log. */
  | { readonly kind: 'conflict'; readonly lost: readonly string[]; readonly applied: readonly string[] }
  /** The remote has changed fields that only EMS may change; they are sent again. */
  | { readonly kind: 'drifted'; readonly fields: readonly string[] }
  /** Deleted at the remote, and EMS has changed since: it is created again. */
  | { readonly kind: 'recreate' }
  /** Deleted at the remote, and EMS has not changed: the pair is unlinked. */
  | { readonly kind: 'unlinked' }
  | { readonly kind: 'parked'; readonly reason: string }
);

/** The result for a remote record that EMS did not know. */
export type Resolution =
  /** It is linked to its row, and related records to theirs; the pairs continue from there. */
  | { readonly kind: 'linked'; readonly rows: readonly LinkedRow[] }
  | { readonly kind: 'nothing'; readonly reason: string }
  /** `code`: left out by workers of an older release. */
  | { readonly kind: 'parked'; readonly reason: string; readonly code?: string }
  /** The row it belongs to must be known first, for example `Person 47`. */
  | { readonly kind: 'waiting'; readonly for: string };

export interface LinkedRow {
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly how: 'known' | 'matched' | 'created';
}
