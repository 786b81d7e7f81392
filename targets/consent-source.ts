import type { EntityKey } from '../sync/entity-type.ts';
import type { Channel, Suppression } from '../sync/suppression.ts';

/** What a target knows of one contact's consent, and how to tell whose contact it is. Addresses never leave the activity. */
export interface ContactConsent {
  readonly remoteId: string;
  /** The EMS id that it carries; null: none that could be ours. */
  readonly emsKey: EntityKey | null;
  /** Where the contact is reached, as the target has it. */
  readonly addresses: Readonly<Partial<Record<Channel, string | null>>>;
  /** What the person, a bounce, the target or its staff has refused; empty: nothing. What EMS itself opted out is not among them. */
  readonly refusals: readonly Suppression[];
  /**
   * A state that may be EMS's own doing and does not say so (MailChimp: `unsubscribed`): a field of `SendResult.stored` and the
   * value that it must have been stored with by our last write for the refusals to be ours, and so none. Left out: they say so.
   */
  readonly oursIfStored?: readonly [field: string, value: string];
  /**
   * Channels on which EMS's own opt-out stands. One that our last write left there (`optedOut.<channel>` of `SendResult.stored`)
   * and that is missing here was lifted at the target: it is set again. Left out: the target does not tell.
   */
  readonly own?: readonly Channel[];
  /** The target's own time of the change, RFC 3339 in UTC; null where it tells none. */
  readonly modifiedOn: string | null;
}

export interface ConsentPage {
  readonly contacts: readonly ContactConsent[];
  /** Contacts that do not fit the target's contract and were passed over. */
  readonly malformed: number;
  readonly next: string | null;
  /** The latest remote time in this page, RFC 3339; null: it has none. */
  readonly seenUpTo: string | null;
}

/**
 * The half of an outbound-only target that is read: consent, and nothing else. Errors as with `RemoteSystem`: a page that
 * cannot be read throws, it is never empty.
 */
export interface ConsentSource {
  /** Its staff can merge two contacts; the id of the one that is gone is answered with the other. */
  readonly mergesContacts?: true;
  /** How far a poll goes back behind the latest time it has seen, in milliseconds. */
  readonly overlapMs: number;
  /** What is polled, each with a cursor of its own, for example `members`. */
  readonly scopes: readonly string[];
  /** @param since RFC 3339; null: from the beginning. */
  list(request: {
    readonly scope: string;
    readonly since: string | null;
    readonly page: string | null;
  }): Promise<ConsentPage>;
  /** One contact as it is now. Null: the target has none under this id. */
  fetch(remoteId: string): Promise<ContactConsent | null>;
}
