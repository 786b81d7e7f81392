import type { Addresses } from '../sync/address-hash.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { Channel, Suppression } from '../sync/suppression.ts';

/** The consent of one contact as the target knows it, and what identifies the contact. Addresses never leave the activity. */
export interface ContactConsent {
  readonly remoteId: string;
  /** The EMS id stored in the contact; null if it has none that could be ours. */
  readonly emsKey: EntityKey | null;
  /** The contact's addresses at the target. */
  readonly addresses: Addresses;
  /** Refusals by the person, a bounce, the target or its staff. Opt-outs that EMS itself sent are not among them. */
  readonly refusals: readonly Suppression[];
  /**
   * A state that may be EMS's own doing, although the target does not say so (MailChimp: `unsubscribed`): a field of
   * `SendResult.stored` and a value. If our last write stored that value, the refusals are ours and do not count. Left
   * out if the target names the author.
   */
  readonly oursIfStored?: readonly [field: string, value: string];
  /**
   * Channels with EMS's own opt-out. If our last write left one (`optedOut.<channel>` of `SendResult.stored`) and it is
   * missing here, somebody lifted it at the target, and it is set again. Left out if the target does not show this.
   */
  readonly own?: readonly Channel[];
  /** A report of a past event, not of the contact's current state: it is recorded as it is. */
  readonly isReport?: true;
  /** The target's own time of the change, RFC 3339 in UTC; null if the target gives none. */
  readonly modifiedOn: string | null;
}

export interface ConsentPage {
  readonly contacts: readonly ContactConsent[];
  /** The number of contacts that break the target's contract and were skipped. */
  readonly malformed: number;
  readonly next: string | null;
  /** The latest remote time on this page, RFC 3339; null if there is none. */
  readonly seenUpTo: string | null;
  /** The list continues, but not in this poll: the next one starts at `seenUpTo` minus the overlap. */
  readonly isCut?: true;
}

/**
 * What is read of an outbound-only target: only consent. Errors are those of `RemoteSystem`. A page that cannot be read
 * throws; it is never returned as empty.
 */
export interface ConsentSource {
  /** Staff can merge two contacts; the id of the merged one then returns the other. */
  readonly mergesContacts?: true;
  /** How far a poll goes back before the latest time it has seen, in milliseconds. */
  readonly overlapMs: number;
  /** The lists to poll, for example `members`. Each has its own cursor. */
  readonly scopes: readonly string[];
  /** @param since RFC 3339; null: from the beginning. */
  list(request: {
    readonly scope: string;
    readonly since: string | null;
    readonly page: string | null;
  }): Promise<ConsentPage>;
  /** The current state of one contact; null if the target has none with this id. */
  fetch(remoteId: string): Promise<ContactConsent | null>;
}
