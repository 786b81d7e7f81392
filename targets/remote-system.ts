import type { Addresses } from '../sync/address-hash.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import type { Channel, Suppression } from '../sync/suppression.ts';
import type { FieldValue } from '../sync/canonical-form.ts';
import type { ConsentSource } from './consent-source.ts';
import type { InboundSource } from './inbound-source.ts';

/**
 * A pair's consent, and what a target may ask about it during a delivery. Answers come from our database and EMS's,
 * under the lock of the pair's addresses.
 */
export interface PairConsent {
  /** The entries of the suppression list for this person or its addresses. No write may undo them. */
  readonly suppressions: readonly Suppression[];
  /** The other entity whose record names this remote record; null if there is none. */
  holderOf(remoteId: string): Promise<EntityKey | null>;
  /** The remote id on another entity's record; null: it has none. */
  remoteIdOf(key: EntityKey): Promise<string | null>;
  /** The other entity that was last known to have this one's address at the target; null if there is none. */
  holderOfAddress(): Promise<EntityKey | null>;
  /**
   * Whether another EMS row on this target has this e-mail address (compared trimmed and in lower case) and takes over a
   * remote record that is left to it. `isNew`: only a row without a remote record of its own does.
   */
  isAnothers(email: string, options?: { readonly isNew?: boolean }): Promise<boolean>;
  /** Whether our last confirmed write left this field of `stored` at this value. */
  wasStored(field: string, value: FieldValue): boolean;
  /**
   * Records, before a write, the value that it will leave in a field of `stored`. If the answer is lost, or a later call of the
   * same delivery fails, we still know that the change was ours. Does nothing if there is no record yet.
   */
  willStore(field: string, value: FieldValue): Promise<void>;
  /**
   * Records the remote id before the call that creates the remote record, for targets whose ids are known beforehand. If the
   * answer is lost, an opt-out or a removal before the next attempt still finds the remote record.
   */
  willHold(remoteId: string): Promise<void>;
  /** The new id that an earlier attempt gave the remote record if its answer was lost; else null. */
  rekeyingTo(): Promise<string | null>;
  /** Records, before the call, the new id that it gives the remote record. */
  willRekeyTo(remoteId: string): Promise<void>;
}

/** One entity to create or update at the target. */
export interface SendRequest {
  readonly type: EntityType;
  readonly key: EntityKey;
  /**
   * Null if the target is not known to have it. An earlier attempt may have created it, so a create looks it up first.
   */
  readonly remoteId: string | null;
  readonly content: Content;
  /** The remote ids of the rows that this one refers to or mentions, by `Person/4711`. Rows without one are left out. */
  readonly references: ReadonlyMap<string, string>;
  /** The number of the attempt. A later attempt always has a higher number. */
  readonly fencingToken: bigint;
  /**
   * Another entity needs a value that this one still holds at the target (two participants swap bibs). If this one's
   * own new value is refused as well, release the contested one, so that the two do not wait for each other forever.
   * Or an operator or a comparison has asked to send it again, because the target may hold something else than our record says.
   */
  readonly release: boolean;
  /**
   * True if an earlier attempt started to create this row. Otherwise a record found only by our id, with nothing else
   * in common with the row, belongs to another row, because EMS may reuse ids. Default false.
   */
  readonly begun?: boolean;
  /** True if nobody waits for the result, so that it may wait for a batch. Default false. */
  readonly patient?: boolean;
  /** True if the id was recorded before a create whose answer is not known: the remote record may exist or not. */
  readonly isUnconfirmed?: boolean;
  /** True after several failures in a batch (which may be too slow): it is sent alone. */
  readonly alone?: boolean;
  /** For mappings that declare consent; see {@link consentOf}. */
  readonly consent?: PairConsent;
}

export type SendResult =
  | {
      /** The target confirmed it. */
      readonly kind: 'sent';
      readonly remoteId: string;
      /** The target's own modified time, RFC 3339; null if the target gives none. */
      readonly remoteModifiedOn: string | null;
      /**
       * What the target holds now, in the mapping's fields, as it returned them: the base for detecting later changes. Left out
       * by targets that are never read.
       */
      readonly stored?: Content;
      /** The remote ids of the messages that were sent with a conversation. */
      readonly messages?: readonly SentMessage[];
      /** Refusals that the target holds and that this write kept. The record becomes SUPPRESSED. */
      readonly refusals?: readonly Suppression[];
      /**
       * The addresses that the record had until this write. Refusals that came before it are about these, and in EMS they
       * may be somebody else's by now.
       */
      readonly formerAddresses?: Addresses;
    }
  /** Consent forbids sending; at most an opt-out was sent. `remoteId` is null if the target has no such record. */
  | { readonly kind: 'withheld'; readonly remoteId: string | null; readonly refusals: readonly Suppression[] }
  /**
   * Instead of a create: the target already has the record, found by an id or an address, and it was never compared with EMS.
   * Nothing was written. The pair is linked, compared, and then sent as an update.
   */
  | { readonly kind: 'found'; readonly remoteId: string }
  /** The target's record with this EMS id belongs to another row. Nothing was written. */
  | { readonly kind: 'another'; readonly remoteId: string }
  /** The target needs other entities first: those that hold a contested value, or that are missing there. */
  | {
      readonly kind: 'blocked';
      readonly by: readonly EntityRef[];
      readonly field: string;
      readonly reason: string;
      /** For a value that only one record may have: the code if nobody gives way. */
      readonly code?: string;
    }
  /** The contested value was released. `remoteId` is null if the whole remote record had to be deleted. */
  | { readonly kind: 'released'; readonly remoteId: string | null };

export interface SentMessage {
  /** The `conversation_message`'s id. */
  readonly key: EntityKey;
  readonly remoteId: string;
}

export interface RemoveRequest {
  readonly type: EntityType;
  readonly key: EntityKey;
  /** Null if an attempt to create it was started and its result is unknown. */
  readonly remoteId: string | null;
  readonly fencingToken: bigint;
  /** Another row now has this EMS id, so what stays at the target must not be found by it. */
  readonly idGoesOn?: boolean;
  /** The addresses of the EMS row, for mappings that declare consent, if the row still exists. */
  readonly addresses?: Addresses;
  /** For mappings that declare consent; see {@link consentOf}. */
  readonly consent?: PairConsent;
}

/**
 * A row that cannot be sent in its current state. The target must not keep values or references that EMS has given to
 * another row.
 */
export interface ReleaseRequest extends RemoveRequest {
  /** EMS's content of the row. Fields that cannot be sent are left out. */
  readonly content: Content;
  /** EMS's content of the rows that this one blocks. */
  readonly wanted: readonly Content[];
  /**
   * Call it before the first write: records that the target's state is no longer known.
   *
   * @param left what the remote record will hold, null: it will be deleted. Only for targets with `refersTo`.
   */
  readonly willRelease: (left?: Content | null) => Promise<void>;
}

export type Released =
  /** The remote record remains, without the values. `stored`: those fields as the target now holds them. */
  | { readonly kind: 'values'; readonly stored?: Content }
  /** The row no longer has a remote record: it could not exist without the value, or now belongs to the other row. */
  | { readonly kind: 'record'; readonly left?: LeftConsent };

/** What a removed or erased remote record adds to the suppression list. Addresses are hashed at once and not kept. */
export interface LeftConsent {
  readonly addresses: Addresses;
  /** Empty if the contact had refused nothing. */
  readonly refusals: readonly Suppression[];
}

export interface Removed {
  /** By policy the record stays at the target. Its id is stored, so that it never comes back as a new row. */
  readonly kept?: true;
  readonly left?: LeftConsent;
  /**
   * Nothing was removed, because other records at the target refer to it and must go first. The text is for operators.
   */
  readonly dependents?: string;
}

export interface EraseRequest extends RemoveRequest {
  /** The addresses of the EMS row, if it still exists. */
  readonly addresses: Addresses;
}

export interface Erased {
  /**
   * `erased`: deleted in the strongest way the target has. `absent`: the target had nothing. `kept`: it cannot delete
   * it.
   */
  readonly outcome: 'erased' | 'absent' | 'kept';
  /** For the receipt: what was done, or why the record is kept and whom to ask. Contains no personal data. */
  readonly detail: string;
  /** Every address of this person that the target had. */
  readonly addresses: readonly (readonly [Channel, string])[];
}

/** Opt-outs of a row whose other content cannot be sent. */
export interface OptOutRequest extends RemoveRequest {
  readonly addresses: Addresses;
  readonly channels: readonly Channel[];
}

/** Bulk calls: many deliveries in a few calls. */
export interface BulkCalls {
  /** Whether a request can be sent in a batch. */
  canGather(request: SendRequest): boolean;
  /**
   * Sends the requests in as few calls as the target allows. Returns a result or an error for each, in the same order.
   *
   * @throws SyncError if the whole call failed. If its class is `rejected`, the batch is tried again in halves.
   */
  sendMany(requests: readonly SendRequest[]): Promise<readonly (SendResult | Error)[]>;
  /**
   * The same for a page, whose rows wait for each other: a request that must be sent alone is left to its own workflow, and gets
   * null. Left out by targets whose rows are not delivered in pages.
   *
   * @param willCall runs right before each call that changes something; its error ends the page.
   */
  sendPage?(
    requests: readonly SendRequest[],
    willCall: () => Promise<void>,
  ): Promise<readonly (SendResult | Error | null)[]>;
  /**
   * Asked before a page is begun: the remote id that each request's create will make, so that it is recorded with the rest; null:
   * it makes none, or must not make it in a page. Left out by targets that give out their ids.
   */
  idsToMake?(requests: readonly SendRequest[]): Promise<readonly (string | null)[]>;
  /**
   * Begins to look up what every call needs, while a page's rows are still being read. It does not wait, and does not fail: what is
   * wrong is met by the call. Left out by targets that need nothing.
   */
  getReady?(): void;
}

/** Which record is read, and what EMS would send of it. */
export interface HeldRequest {
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly remoteId: string;
  readonly content: Content;
}

/** A record as the target holds it. */
export interface HeldRecord {
  /** Another one than was asked for: the record was merged into that one. */
  readonly remoteId: string;
  /** The EMS id stored in it; null if it has none that could be ours. */
  readonly emsKey: EntityKey | null;
  /**
   * Its fields in the mapping's notation. Left out are those that cannot be read, and those in which the target may
   * differ from EMS: what it decides itself, and what it stores in another form.
   */
  readonly content: Content;
}

/** Reads what an outbound-only target holds, for plans and comparisons. */
export interface HeldRecords {
  /** Null: the target does not have it. */
  read(request: HeldRequest): Promise<HeldRecord | null>;
  /**
   * A page of everything of a type; null: from the beginning. Left out: the consent source lists the contacts, or nothing
   * does.
   */
  list?(type: EntityType, page: string | null): Promise<ListedRecords>;
}

/** A page of the target's records. */
export interface ListedRecords {
  readonly records: readonly Pick<HeldRecord, 'remoteId' | 'emsKey'>[];
  /** Where the next page begins; null: this was the last one. */
  readonly next: string | null;
}

/** What `check` examines beyond credentials: the fields, topics and so on that our mapping writes to. */
export interface RemoteShape {
  /** One line, in an operator's words, for each missing thing. */
  missing(): Promise<readonly string[]>;
  /** Creates what is missing, and returns a line for each thing created. */
  create(): Promise<readonly string[]>;
  /**
   * Things that work but should be changed or known, in an operator's words. Left out: nothing to report.
   *
   * @param probe may make a call that the target refuses, or create throw-away records that are deleted again.
   */
  advice?(options: { readonly probe: boolean }): Promise<readonly string[]>;
}

/**
 * A target as the engine sees it. Implementations throw `SyncError` for every failure, and `StaleTokenError` if the target has
 * seen a higher fencing token. They never retry; Temporal does.
 */
export interface RemoteSystem {
  /** A cheap call with our credentials. @throws SyncError if the target cannot be worked with now. */
  probe(): Promise<void>;
  /**
   * Asked before an activity reads anything, because an attempt that is made in vain costs the other targets time as
   * well. Left out: calls are always made. @throws SyncError if no call would be made now.
   */
  assertCallable?(): void;
  /**
   * Why the process must not run with its settings at this target, in an operator's words; null: it may. Left out: no
   * setting depends on the target. @throws SyncError if the target cannot be asked now; then `probe` refuses.
   */
  refusal?(): Promise<string | null>;
  /** Creates or updates. Safe to repeat. */
  send(request: SendRequest): Promise<SendResult>;
  /** Left out by targets without bulk calls. */
  readonly bulk?: BulkCalls;
  /** Deletes or archives, by the target's policy. Succeeds if the record is already gone. */
  remove(request: RemoveRequest): Promise<void | Removed>;
  /**
   * Releases what EMS has given to another row: unique values that a row in `wanted` has and this one no longer has,
   * and outdated references to rows. Null: the target holds nothing of that kind. Left out by targets without such
   * values.
   *
   * @throws SyncError of class `rejected` if the target does not accept the record without the value.
   */
  release?(request: ReleaseRequest): Promise<Released | null>;
  /**
   * Whether a record with this content refers to the row. Only for targets that refuse to delete what others refer to
   * ({@link Removed.dependents}).
   */
  readonly refersTo?: (content: Content, ref: EntityRef) => boolean;
  /** Types that `release` must handle even if no other row asks. Left out: none. */
  readonly releasesUnasked?: readonly EntityType[];
  /** Sends only the opt-outs of a row whose other content cannot be sent. Left out by targets without consent. */
  optOut?(request: OptOutRequest): Promise<void>;
  /** The strongest deletion that the target has. The default is `remove`. */
  erase?(request: EraseRequest): Promise<Erased>;
  /** How the target is read. Left out by targets that are only written to. */
  readonly inbound?: InboundSource;
  /** How consent is read back from a target that is otherwise only written to. */
  readonly consent?: ConsentSource;
  /** How records are read back for plans and comparisons. Left out: by `inbound`, or not at all. */
  readonly held?: HeldRecords;
  readonly shape?: RemoteShape;
  close?(): Promise<void>;
}

/** @throws Error if the mapping declares no consent, which is a bug of ours. */
export function consentOf({ type, key, consent }: Pick<SendRequest, 'type' | 'key' | 'consent'>): PairConsent {
  if (consent === undefined) throw new Error(`${type}/${key} comes without its consent`);
  return consent;
}
