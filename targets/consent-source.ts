import type { EntityKey } from '../sync/entity-type.ts';
import type { Channel, Suppression } from '../sync/suppression.ts';

/** The consent of one contact as the target knows it, and what identifies the contact. Addresses never leave the activity. */
export interface ContactConsent {
  readonly remoteId: string;
  /** The EMS id that the contact carries; null if it has none that could be ours. */
  readonly emsKey: EntityKey | null;
  /** The contact's addresses at the target. */
  readonly addresses: Readonly<Partial<Record<Channel, string | null>>>;
  /** Refusals by the person, a bounce, the target or its staff. Opt-outs that EMS itself sent are not among them. */
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
  /** It tells what happened once, and not how the contact stands: it is entered as it is. */
  readonly isReport?: true;
  /** The target's own time of the change, RFC 3339 in UTC; null if the target gives none. */
  readonly modifiedOn: string | null;
}

export interface ConsentPage {
  readonly contacts: readonly ContactConsent[];
  /** The number of contacts that do not fit the target's contract and were skipped. */
  readonly malformed: number;
  readonly next: string | null;
  /** The latest remote time on this page, RFC 3339; null if there is none. */
  readonly seenUpTo: string | null;
  /** The list goes on, but not in this poll: the next one begins at `seenUpTo` less the overlap. */
  readonly isCut?: true;
}

/**
 * What is read of an outbound-only target: consent and nothing else. Errors are those of `RemoteSystem`. A page that cannot be
 * read throws; it is never returned as empty.
 */
export interface ConsentSource {
  /** Its staff can merge two contacts; the id of the one that is gone is answered with the other. */
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
  /** One contact as it is now; null if the target has none under this id. */
  fetch(remoteId: string): Promise<ContactConsent | null>;
}
