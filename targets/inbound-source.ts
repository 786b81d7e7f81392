import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';

/** Names a remote record: a RunSignup registration `567/12890/2645624`, a ChatWoot contact `47`. */
export interface RemoteRef {
  readonly type: EntityType;
  readonly remoteId: string;
}

/** A remote record (the specification's remote entity) as it was read, in the mapping's fields. */
export interface RemoteRecord extends RemoteRef {
  /** The EMS id that it carries; null: none that could be one of ours. */
  readonly emsKey: EntityKey | null;
  /** Its own modified time, RFC 3339 in UTC; null where the target tells none. */
  readonly modifiedOn: string | null;
  /**
   * The fields that could be read, in canonical values of the mapping's own notation. A field that is left out is unknown,
   * not empty, and is never compared.
   */
  readonly content: Content;
  /** False: there is more to it than a list shows (a conversation's messages), so a newer time means a change. */
  readonly complete: boolean;
  /** The remote records that the EMS row refers to, by the property that refers: `{ personId: { type: 'Person', … } }`. */
  readonly references: Readonly<Record<string, RemoteRef>>;
  /** Records that came with it (a registration's user). Those it refers to are matched or created together with it. */
  readonly related: readonly RemoteRecord[];
  /** A conversation's messages, oldest first, those that EMS wrote included; null: not read. */
  readonly messages: readonly RemoteMessage[] | null;
  /** Over at the remote (a registration that was cleared): it may change an EMS row, but never makes one. */
  readonly removed: boolean;
  /** It goes on under another id (a registration that was transferred). */
  readonly successor: string | null;
}

export interface RemoteMessage {
  readonly remoteId: string;
  /** The `conversation_message` that it was sent from; null: it was written at the remote. */
  readonly emsKey: EntityKey | null;
  readonly author: 'PERSON' | 'AGENT';
  readonly agentName: string | null;
  /** Null: deleted at the remote. */
  readonly body: string | null;
  readonly private: boolean;
  /** RFC 3339 in UTC. */
  readonly sentOn: string;
}

/** A record that does not fit the target's contract: it is parked with its reason, and the page goes on. */
export interface MalformedRecord {
  readonly malformed: string;
  readonly type: EntityType;
  /** Null: not even its id could be read. */
  readonly remoteId: string | null;
}

export interface ListRequest {
  readonly type: EntityType;
  /** One of {@link InboundSource.scopes}. */
  readonly scope: string;
  /** The latest remote time that a poll has seen, less the overlap; RFC 3339; null: from the beginning. */
  readonly since: string | null;
  /** From {@link ListedPage.next}; null begins. */
  readonly page: string | null;
}

export interface ListedPage {
  readonly records: readonly (RemoteRecord | MalformedRecord)[];
  /** Where the next page begins; null: this was the last one. */
  readonly next: string | null;
  /** The latest remote time in this page, RFC 3339; null: it has none. */
  readonly seenUpTo: string | null;
  /**
   * Of a list that shows everything: which numbers this page speaks of. Records of ours with a remote id within (`after`,
   * `upTo`] that are not in the page have gone, or hidden themselves; each is looked at alone. Null ends are open.
   */
  readonly covers?: { readonly after: string | null; readonly upTo: string | null };
}

/** The half of a target that is read. Errors as with `RemoteSystem`: a page that cannot be read throws, it is never empty. */
export interface InboundSource {
  /** Types whose remote records carry our EMS id once they were written by us: one that does not is a stranger's by now. */
  readonly signed?: readonly EntityType[];
  /** How far a poll goes back behind the latest time it has seen, in milliseconds. */
  readonly overlapMs: number;
  /**
   * What is polled of a type, each with a cursor of its own; none: the type comes with others, or is not read.
   *
   * @param linked the remote ids of our records of a type (the events that take part).
   */
  scopes(type: EntityType, linked: (type: EntityType) => Promise<readonly string[]>): Promise<readonly string[]>;
  list(request: ListRequest): Promise<ListedPage>;
  /**
   * One record as it is now. Answered under another id: it goes on there (contacts merge). Null: the target is sure that it
   * is gone.
   *
   * @param key the EMS id of its pair; null: EMS does not know it yet.
   * @throws SyncError of class `rejected` if only a human can tell what became of it.
   */
  fetch(ref: RemoteRef, key: EntityKey | null): Promise<RemoteRecord | null>;
}
