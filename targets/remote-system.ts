import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import type { Channel, Suppression } from '../sync/suppression.ts';
import type { FieldValue } from '../sync/canonical-form.ts';
import type { ConsentSource } from './consent-source.ts';
import type { InboundSource } from './inbound-source.ts';

/**
 * What is known of a pair's consent, and what a target may ask about it while it works; answers come from our database and
 * EMS's, under the lock of the pair's addresses.
 */
export interface PairConsent {
  /** What the suppression list holds against this person or its addresses: no write may undo it. */
  readonly suppressions: readonly Suppression[];
  /** The entity whose record names this remote record; null: nobody's, or this one's own. */
  holderOf(remoteId: string): Promise<EntityKey | null>;
  /** The remote id on another entity's record; null: it has none. */
  remoteIdOf(key: EntityKey): Promise<string | null>;
  /** The entity that was last known to have this one's address at the target; null: nobody else. */
  holderOfAddress(): Promise<EntityKey | null>;
  /** Whether another EMS row that this target takes has this e-mail address (compared trimmed and in lower case). */
  isAnothers(email: string): Promise<boolean>;
  /** Whether our last confirmed write left this field of `stored` at this value. */
  wasStored(field: string, value: FieldValue): boolean;
  /**
   * Puts on record, before a write, what it will leave a field of `stored` at: should its answer be lost, or a later call of
   * the same delivery fail, it is still known whose doing it was. Nothing happens where there is no record yet.
   */
  willStore(field: string, value: FieldValue): Promise<void>;
  /**
   * Puts the remote id on record before the call that makes the remote record, of targets whose ids are known beforehand: should
   * the answer be lost, an opt-out or a removal that comes before the next attempt still finds it.
   */
  willHold(remoteId: string): Promise<void>;
  /** Under which other id an earlier attempt was to leave the remote record, if its answer was lost; else null. */
  rekeyingTo(): Promise<string | null>;
  /** Puts on record, before the call, under which other id it will leave the remote record. */
  willRekeyTo(remoteId: string): Promise<void>;
}

/** One entity to be created or brought up to date at the target. */
export interface SendRequest {
  readonly type: EntityType;
  readonly key: EntityKey;
  /** Null: the target is not known to have it. An earlier attempt may still have made it, so a create looks first. */
  readonly remoteId: string | null;
  readonly content: Content;
  /** The remote ids of the rows that this one refers to or mentions, by `Person/4711`, as far as they have one. */
  readonly references: ReadonlyMap<string, string>;
  /** Fencing token: the number of the attempt; a later one always has a higher number. */
  readonly fencingToken: bigint;
  /**
   * Another entity needs a value that this one still holds at the target (two participants swap bibs). If this one's own
   * new value is refused as well, let go of the contested one, so that neither waits for the other for ever.
   */
  readonly release: boolean;
  /** Nobody waits for it: it may wait for others to go with. Left out: it may not. */
  readonly patient?: boolean;
  /** It has failed with others several times, a call with many being too slow, perhaps: it goes by itself. */
  readonly alone?: boolean;
  /** For mappings that declare consent; see {@link consentOf}. */
  readonly consent?: PairConsent;
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
      /** Consent that the target holds as refused, and that was left so: the record becomes SUPPRESSED. */
      readonly refusals?: readonly Suppression[];
    }
  /** Nothing may be sent, because consent forbids it; at most an opt-out was. Null: the target has no such record. */
  | { readonly kind: 'withheld'; readonly remoteId: string | null; readonly refusals: readonly Suppression[] }
  /**
   * Instead of a create: the target has it already, by an id or an address, and what it holds was never compared with EMS.
   * Nothing was written. It is linked, compared, and then sent as an update.
   */
  | { readonly kind: 'found'; readonly remoteId: string }
  /** The target wants other entities to be sent (again) first: who holds a contested value, or is missing there. */
  | { readonly kind: 'blocked'; readonly by: readonly EntityRef[]; readonly field: string; readonly reason: string }
  /** The contested value is let go. Null: the remote record had to go as a whole. */
  | { readonly kind: 'released'; readonly remoteId: string | null };

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
  readonly fencingToken: bigint;
  /** For mappings that declare consent; see {@link consentOf}. */
  readonly consent?: PairConsent;
}

/** What a removed or erased remote record leaves for the suppression list; the addresses are hashed at once, and forgotten. */
export interface LeftConsent {
  readonly addresses: Readonly<Partial<Record<Channel, string | null>>>;
  /** None: the contact had refused nothing. */
  readonly refusals: readonly Suppression[];
}

export interface Removed {
  /** The policy is to leave it alone: its id is remembered, so that it never comes back as a new row. */
  readonly kept?: true;
  readonly left?: LeftConsent;
}

export interface EraseRequest extends RemoveRequest {
  /** The addresses of the EMS row, if there is one still. */
  readonly addresses: Readonly<Partial<Record<Channel, string | null>>>;
}

export interface Erased {
  /** `erased`: by the target's strongest deletion. `absent`: it had nothing. `kept`: the target cannot delete it. */
  readonly outcome: 'erased' | 'absent' | 'kept';
  /** For the receipt: what was done, or why it is kept and whom to ask. No personal data. */
  readonly detail: string;
  /** Every address that the target had of this person. */
  readonly addresses: readonly (readonly [Channel, string])[];
}

/** The opt-outs of a row that cannot be sent as a whole. */
export interface OptOutRequest extends RemoveRequest {
  readonly addresses: Readonly<Partial<Record<Channel, string | null>>>;
  readonly channels: readonly Channel[];
}

/** Many deliveries in few calls. */
export interface BulkCalls {
  /** Whether a request can go with others in one call. */
  canGather(request: SendRequest): boolean;
  /**
   * Sends them in as few calls as the target allows: a result or an error for each, in the order of the requests.
   *
   * @throws SyncError if the call as a whole failed: of class `rejected`, it is tried again in halves.
   */
  sendMany(requests: readonly SendRequest[]): Promise<readonly (SendResult | Error)[]>;
}

/** What `check` looks at beyond credentials: fields, topics and the like that our mapping writes to. */
export interface RemoteShape {
  /** A line for each thing that is missing, in an operator's words; empty: nothing. */
  missing(): Promise<readonly string[]>;
  /** Creates what is missing, and says what. */
  create(): Promise<readonly string[]>;
}

/**
 * A target as the engine sees it. Implementations throw `SyncError` for everything that goes wrong, `StaleTokenError` if the
 * target has seen a higher fencing token, and never retry by themselves: Temporal does.
 */
export interface RemoteSystem {
  /** A cheap call with our credentials. @throws SyncError if the target cannot be worked with now. */
  probe(): Promise<void>;
  /** Creates or updates; repeating it is harmless. */
  send(request: SendRequest): Promise<SendResult>;
  /** Left out by targets without bulk calls. */
  readonly bulk?: BulkCalls;
  /** Deletes or archives, by the target's policy; already gone is success. */
  remove(request: RemoveRequest): Promise<void | Removed>;
  /** Sends nothing but opt-outs, of a row whose other content cannot be sent. Left out by targets without consent. */
  optOut?(request: OptOutRequest): Promise<void>;
  /** The strongest deletion that the target has. Left out: `remove` is. */
  erase?(request: EraseRequest): Promise<Erased>;
  /** What is read of it; left out by targets that are only written to. */
  readonly inbound?: InboundSource;
  /** Consent that is read back from a target that is else only written to. */
  readonly consent?: ConsentSource;
  readonly shape?: RemoteShape;
  close?(): Promise<void>;
}

/** @throws Error if the mapping declares no consent: a mistake of ours. */
export function consentOf({ type, key, consent }: Pick<SendRequest, 'type' | 'key' | 'consent'>): PairConsent {
  if (consent === undefined) throw new Error(`${type}/${key} comes without its consent`);
  return consent;
}
