import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';

/** A reference to a remote record: a RunSignup registration `567/12890/2645624`, a ChatWoot contact `47`. */
export interface RemoteRef {
  readonly type: EntityType;
  readonly remoteId: string;
}

/** A remote record (the specification's remote entity) as read, in the mapping's fields. */
export interface RemoteRecord extends RemoteRef {
  /** The EMS id stored in the record; null if it has none that could be ours. */
  readonly emsKey: EntityKey | null;
  /** The target's own modified time, RFC 3339 in UTC; null if the target gives none. */
  readonly modifiedOn: string | null;
  /**
   * The fields that could be read, as canonical values in the mapping's notation. An absent field is unknown, not
   * empty, and is never compared.
   */
  readonly content: Content;
  /** False if a list does not show all of it (a conversation's messages). A newer time then means a change. */
  readonly complete: boolean;
  /** The remote records that the EMS row refers to, by the property that refers: `{ personId: { type: 'Person', … } }`. */
  readonly references: Readonly<Record<string, RemoteRef>>;
  /** Related records (a registration's user). Those it refers to are matched or created together with it. */
  readonly related: readonly RemoteRecord[];
  /** A conversation's messages, oldest first, those that EMS wrote included; null: not read. */
  readonly messages: readonly RemoteMessage[] | null;
  /** Removed at the remote (a registration that was cleared). It may change an EMS row, but never creates one. */
  readonly removed: boolean;
  /** The record that continues it under another id (a registration that was transferred). */
  readonly successor: string | null;
}

export interface RemoteMessage {
  readonly remoteId: string;
  /** The `conversation_message` that it was sent from; null if it was written at the remote. */
  readonly emsKey: EntityKey | null;
  readonly author: 'PERSON' | 'AGENT';
  readonly agentName: string | null;
  /** Null if it was deleted at the remote. */
  readonly body: string | null;
  readonly private: boolean;
  /** RFC 3339 in UTC. */
  readonly sentOn: string;
}

/** A record that breaks the target's contract. It is parked with its reason; the rest of the page is processed. */
export interface MalformedRecord {
  readonly malformed: string;
  readonly type: EntityType;
  /** Null if not even the id could be read. */
  readonly remoteId: string | null;
}

export interface ListRequest {
  readonly type: EntityType;
  /** One of {@link InboundSource.scopes}. */
  readonly scope: string;
  /** The latest remote time that a poll has seen, minus the overlap, RFC 3339; null: from the beginning. */
  readonly since: string | null;
  /** From {@link ListedPage.next}; null for the first page. */
  readonly page: string | null;
}

export interface ListedPage {
  readonly records: readonly (RemoteRecord | MalformedRecord)[];
  /** Where the next page begins; null if this is the last one. */
  readonly next: string | null;
  /** The latest remote time on this page, RFC 3339; null if there is none. */
  readonly seenUpTo: string | null;
  /**
   * For a list that shows everything: the range of ids that this page covers. Our records with a remote id in (`after`,
   * `upTo`] that are missing from the page were deleted or hidden; each is checked individually. A null end is open.
   */
  readonly covers?: { readonly after: string | null; readonly upTo: string | null };
}

/** `overlapMs` must cover it, and in addition a clock that is set back, or the change is not listed any more. */
export interface ReadLag {
  readonly listMs: number;
  /** Of `fetch`; 0: it reads what was written. */
  readonly recordMs: number;
}

/**
 * What is read of a target. Errors are those of `RemoteSystem`. A page that cannot be read throws; it is never returned
 * as empty.
 */
export interface InboundSource {
  /**
   * Types whose remote records contain our EMS id once we have written them. A record without it now belongs to
   * somebody else.
   */
  readonly signed?: readonly EntityType[];
  /**
   * Fields of a type that anybody may write at the target. Their values are proposals: never written into EMS without an
   * operator; and a record with an address or number of a row is not linked to it without one either. Left out, or
   * empty: none.
   *
   * @throws SyncError of class `target-down` if it cannot be told now.
   */
  proposals?(type: EntityType): Promise<readonly string[]>;
  /** How far a poll goes back before the latest time it has seen, in milliseconds. */
  readonly overlapMs: number;
  /**
   * The longest time that reads can lag behind what the target has already confirmed, in milliseconds. A change whose
   * remote time is older than the known one, because the target's clock was set back, is absorbed after this time.
   */
  readonly lag: ReadLag;
  /**
   * The lists to poll for a type, each with its own cursor; none: the type comes with others, or is not read.
   *
   * @param linked the remote ids of our records of a type (the events that take part).
   */
  scopes(type: EntityType, linked: (type: EntityType) => Promise<readonly string[]>): Promise<readonly string[]>;
  list(request: ListRequest): Promise<ListedPage>;
  /**
   * The current state of one record. If the answer has another id, the record continues there (contacts merge). Null:
   * the target is sure that it no longer exists.
   *
   * @param key the EMS id of its pair; null: EMS does not know it yet.
   * @throws SyncError of class `rejected` if only a human can tell what became of it.
   */
  fetch(ref: RemoteRef, key: EntityKey | null): Promise<RemoteRecord | null>;
  /**
   * Finds the row whose remote record a missing one was merged into: it contains that row's EMS id and an address of
   * the missing one. Null if there is none. Left out if the target does not merge records.
   *
   * @param held the missing record's fields that are known in clear: EMS still holds what the remote last held.
   */
  mergedInto?(ref: RemoteRef, key: EntityKey, held: Content): Promise<EntityKey | null>;
}
