import { canonicalForm } from './canonical-form.ts';
import { contentHash, hasHash, type Content } from './content-hash.ts';
import { formatInstant, parseInstant, type Instant } from './instant.ts';
import {
  driftedFields,
  judgeInbound,
  proposedFields,
  type InboundCase,
  type InboundDecision,
} from './judge-inbound.ts';
import { differsFromBase, type Base, type SecretKey } from './keyed-hash.ts';
import type { SyncState } from './sync-state.ts';

/** What the record knows about the remote. */
export interface KnownRemoteState {
  readonly remoteId: string;
  readonly remoteSyncedOn: Instant | null;
  readonly base: Base | null;
  /** How long ago this state was confirmed when the record was read, in milliseconds; null: never. */
  readonly confirmedForMs: number | null;
}

/** A remote record as it was read. */
export interface ReadRemoteState {
  readonly remoteId: string;
  /** RFC 3339; null if the remote gives none. */
  readonly modifiedOn: string | null;
  readonly content: Content;
}

/** The remote record continues under another id: it was merged or transferred. */
export const isRekeyed = (remote: ReadRemoteState, known: KnownRemoteState) => remote.remoteId !== known.remoteId;

/**
 * Whether a reading may lag behind what the remote has already confirmed: it is older by the remote's own clock, or has
 * no time and differs. It is left alone until the lag is over: a read that began later than that shows the current
 * state, so its older time comes from a clock that was set back.
 *
 * @param lagMs the longest time that such a read can lag behind.
 */
export function isLagging(
  { modifiedOn, content }: ReadRemoteState,
  { remoteSyncedOn, base, confirmedForMs }: KnownRemoteState,
  { lagMs, keys }: { readonly lagMs: number; readonly keys: readonly SecretKey[] },
): boolean {
  if (confirmedForMs === null || confirmedForMs >= lagMs) return false;
  if (modifiedOn === null || remoteSyncedOn === null) return differsFromBase(base, content, keys);
  return isBefore(modifiedOn, remoteSyncedOn);
}

/**
 * The known time after a reading was absorbed; null: it stays. It never moves back: if the remote's clock was set back,
 * the state that was known before must be older than the one just read. Except for records that lists show only in part,
 * which are compared with the time itself.
 */
export function knownTimeAfter(
  { modifiedOn, content, messages }: ReadRemoteState & { readonly messages: readonly unknown[] | null },
  { remoteSyncedOn, base }: Pick<KnownRemoteState, 'remoteSyncedOn' | 'base'>,
  keys: readonly SecretKey[],
): string | null {
  if (modifiedOn === null || remoteSyncedOn === null || messages !== null) return modifiedOn;
  if (!isBefore(modifiedOn, remoteSyncedOn)) return modifiedOn;
  return differsFromBase(base, content, keys) ? formatInstant(remoteSyncedOn.add({ microseconds: 1 })) : null;
}

const isBefore = (time: string, known: Instant) => Temporal.Instant.compare(parseInstant(time), known) < 0;

/**
 * Whether the remote has changes that the record does not know. False for a bounce-back (our own write, read again) and
 * for a change of unmapped fields (the specification's "unchanged fields"): neither differs from the base.
 */
export function isNews(
  remote: ReadRemoteState,
  known: KnownRemoteState,
  reading: { readonly lagMs: number; readonly keys: readonly SecretKey[] },
): boolean {
  if (isRekeyed(remote, known)) return true;
  return !isLagging(remote, known, reading) && differsFromBase(known.base, remote.content, reading.keys);
}

/** The effect of an absorption on each side. */
export interface Comparison {
  readonly decision: InboundDecision;
  /** Fields owned by EMS that the remote has changed. */
  readonly drifted: readonly string[];
  /** Fields that EMS takes over. */
  readonly applied: readonly string[];
  /** Fields that the remote has changed and that an operator decides about. */
  readonly proposed: readonly string[];
  /** EMS's state must be sent again, even if the hash is equal. */
  readonly resend: boolean;
}

/** Compares the two sides of a pair, field by field. */
export function compareRemote(inbound: InboundCase): Comparison {
  const decision = judgeInbound(inbound);
  const drifted = driftedFields(inbound);
  const proposed = proposedFields(inbound, decision);
  const resend = decision.kind === 'conflict' || drifted.length > 0 || proposed.length > 0;
  return { decision, drifted, proposed, applied: fieldsToApply(decision), resend };
}

function fieldsToApply(decision: InboundDecision): readonly string[] {
  switch (decision.kind) {
    case 'unchanged':
      return [];
    case 'apply':
      return decision.fields;
    case 'conflict':
      return decision.apply;
  }
}

/** A pair after an absorption: what EMS would send before and after it, and what the remote holds. */
export interface AbsorbedState {
  readonly state: SyncState;
  /** Hash of the last delivered content. */
  readonly contentHash: string | null;
  /** Null: EMS's previous state could not be sent. */
  readonly before: Content | null;
  readonly after: Content | null;
  readonly remote: Content;
  /** Keys of content hashes, newest first. */
  readonly keys: readonly SecretKey[];
}

/** `delivered`: EMS would send what it last delivered. `open`: the outbound half must decide. */
export type Equality =
  { readonly kind: 'in-sync'; readonly contentHash: string } | { readonly kind: 'delivered' | 'open' };

/** Whether both sides are now equal. Only known for a pair whose last delivery is confirmed. */
export function equalityOf({ state, contentHash: known, before, after, remote, keys }: AbsorbedState): Equality {
  if (state !== 'IN_SYNC' || after === null) return { kind: 'open' };
  const fields = Object.keys(after);
  const readable = fields.filter((field) => Object.hasOwn(remote, field));
  const equal = readable.every((field) => isSame(after[field], remote[field]));
  const wasDelivered = before !== null && hasHash(before, known, keys);
  const isDelivered = hasHash(after, known, keys);
  if (equal && (wasDelivered || readable.length === fields.length)) {
    return { kind: 'in-sync', contentHash: isDelivered && known !== null ? known : contentHash(after, keys) };
  }
  return { kind: isDelivered ? 'delivered' : 'open' };
}

function isSame(left: Content[string], right: Content[string]): boolean {
  return JSON.stringify(canonicalForm(left)) === JSON.stringify(canonicalForm(right));
}
