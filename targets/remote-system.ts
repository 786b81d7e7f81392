import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import type { InboundSource } from './inbound-source.ts';

/** One entity to be created or brought up to date at the target. */
export interface SendRequest {
  readonly type: EntityType;
  readonly key: EntityKey;
  /** Null: the target is not known to have it. An earlier attempt may still have made it, so a create looks first. */
  readonly remoteId: string | null;
  readonly content: Content;
  /** The remote ids of the rows that this one refers to or mentions, by `Person/4711`, as far as they have one. */
  readonly references: ReadonlyMap<string, string>;
  /** Number of the attempt; a later one always has a higher number. */
  readonly pass: bigint;
  /**
   * Another entity needs a value that this one still holds at the target (two participants swap bibs). If this one's own
   * new value is refused as well, let go of the contested one, so that neither waits for the other for ever.
   */
  readonly giveWay: boolean;
}

export type SendResult =
  | {
      /** The target confirmed it. */
      readonly kind: 'sent';
      readonly remoteId: string;
      /** The target's own modified time, RFC 3339; null where it tells none. */
      readonly remoteModifiedOn: string | null;
      /**
       * What the target holds now, in the mapping's fields, as it gave it back: the base that later changes are told by.
       * Left out by targets that are never read.
       */
      readonly stored?: Content;
      /** The remote ids of the messages that were sent with a conversation. */
      readonly messages?: readonly SentMessage[];
    }
  /**
   * Instead of a create: the target has it already, by an id or an address, and what it holds was never compared with EMS.
   * Nothing was written. It is tied, compared, and then sent as an update.
   */
  | { readonly kind: 'found'; readonly remoteId: string }
  /** The target wants other entities to be sent (again) first: who holds a contested value, or is missing there. */
  | { readonly kind: 'blocked'; readonly by: readonly EntityRef[]; readonly field: string; readonly reason: string }
  /** The contested value is let go. Null: the remote record had to go as a whole. */
  | { readonly kind: 'gave-way'; readonly remoteId: string | null };

export interface SentMessage {
  /** The `conversation_message`'s id. */
  readonly key: EntityKey;
  readonly remoteId: string;
}

export interface RemoveRequest {
  readonly type: EntityType;
  readonly key: EntityKey;
  /** Null: an attempt to create it was begun and its result never learnt. */
  readonly remoteId: string | null;
  readonly pass: bigint;
}

/**
 * A target as the engine sees it. Implementations throw `SyncError` for everything that goes wrong, `StalePassError` if the
 * target has seen a higher pass, and never retry by themselves: Temporal does.
 */
export interface RemoteSystem {
  /** A cheap call with our credentials. @throws SyncError if the target cannot be worked with now. */
  probe(): Promise<void>;
  /** Creates or updates; repeating it is harmless. */
  send(request: SendRequest): Promise<SendResult>;
  /**
   * Deletes or archives, by the target's policy; already gone is success.
   *
   * @returns `kept` if the policy is to leave it alone: its id is remembered, so that it never comes back as a new row.
   */
  remove(request: RemoveRequest): Promise<void | { readonly kept: true }>;
  /** What is read of it; left out by targets that are only written to. */
  readonly inbound?: InboundSource;
  close?(): Promise<void>;
}
