import { hasHash, type Content } from './content-hash.ts';
import { formatRef, type EntityRef } from './entity-type.ts';
import { isErased, type Suppression } from './suppression.ts';
import type { SyncState } from './sync-state.ts';

/** The record as far as the judgement needs it. */
export interface JudgedRecord {
  readonly state: SyncState;
  readonly remoteId: string | null;
  readonly contentHash: string | null;
}

export type JudgedEntity =
  /** EMS has no such row. */
  | { readonly kind: 'gone' }
  /** The row is there, but the target shall not have it. */
  | { readonly kind: 'filtered-out' }
  | { readonly kind: 'parked'; readonly field: string; readonly reason: string }
  /** Another row owns the remote record that both would be (families share an e-mail address). */
  | { readonly kind: 'shared'; readonly owner: EntityRef }
  | {
      readonly kind: 'mapped';
      readonly content: Content;
      /** Rows that the target must have first, and has not. */
      readonly missing: readonly EntityRef[];
    };

export type OutboundDecision =
  /** Neither side has anything to do. */
  | { readonly kind: 'nothing' }
  /** The target has it already; only times move. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'create'; readonly content: Content }
  | { readonly kind: 'update'; readonly content: Content; readonly remoteId: string }
  /** Take it off the target; `forget`: the record goes too, else it stays as REMOVED. */
  | { readonly kind: 'remove'; readonly remoteId: string | null; readonly forget: boolean }
  /** The target never had it: only the record goes, or becomes REMOVED. */
  | { readonly kind: 'drop'; readonly forget: boolean }
  | { readonly kind: 'park'; readonly field: string; readonly reason: string }
  | { readonly kind: 'wait'; readonly for: string }
  /** Nothing is sent: the remote record of another row stands for this one, too. */
  | { readonly kind: 'share'; readonly owner: EntityRef }
  /** Nothing is sent: consent forbids it. */
  | { readonly kind: 'suppress'; readonly suppressions: readonly Suppression[] }
  /** Nothing is sent: it was erased by command, or its address was. */
  | { readonly kind: 'stay-erased' };

export interface JudgeOptions {
  /** Do it even if our record says that it is done: another entity found that the target does not hold what we believe. */
  readonly resend?: boolean;
  /** What the suppression list holds against the person, as far as it counts; none for rows without consent. */
  readonly suppressions?: readonly Suppression[];
  /** Whether a refused channel holds back everything else, too. */
  readonly withhold?: boolean;
}

/**
 * What an outbound pass has to do with one pair. Pure: the same state gives the same decision, for one pair or for a page.
 */
export function judgeOutbound(
  entity: JudgedEntity,
  record: JudgedRecord | null,
  { resend = false, suppressions = [], withhold = false }: JudgeOptions = {},
): OutboundDecision {
  if (entity.kind === 'gone') return record === null ? { kind: 'nothing' } : takeOff(record, true);
  if (record?.state === 'UNLINKED') return { kind: 'nothing' };
  if (record?.state === 'ERASED') return { kind: 'stay-erased' };
  if (entity.kind === 'filtered-out') {
    if (record !== null && record.state !== 'REMOVED') return takeOff(record, false);
    // Found at the target after all: unless it goes, whoever wants a value that it holds waits for ever.
    return resend ? { kind: 'remove', remoteId: record?.remoteId ?? null, forget: false } : { kind: 'nothing' };
  }
  if (entity.kind === 'shared') {
    // A remote record of its own, from before they came to share one: it goes first.
    if (record !== null && record.remoteId !== null) return takeOff(record, false);
    return { kind: 'share', owner: entity.owner };
  }
  if (isErased(suppressions)) return { kind: 'stay-erased' };
  if (withhold && suppressions.length > 0) return { kind: 'suppress', suppressions };
  if (entity.kind === 'parked') return { kind: 'park', field: entity.field, reason: entity.reason };
  const [missing] = entity.missing;
  if (missing !== undefined) return { kind: 'wait', for: formatRef(missing) };
  // In step with nothing is no state to rest in, whatever the hash says.
  if (record === null || record.remoteId === null) return { kind: 'create', content: entity.content };
  const delivered = ['IN_SYNC', 'SUPPRESSED'].includes(record.state) && hasHash(entity.content, record.contentHash);
  if (!resend && delivered && suppressions.length > 0) return { kind: 'suppress', suppressions };
  if (!resend && delivered && record.state === 'IN_SYNC') return { kind: 'unchanged' };
  return { kind: 'update', content: entity.content, remoteId: record.remoteId };
}

/** The remote record is another's: an operator unlinked it, or it belongs to the person whose contact this one shares. */
const NOT_OURS: readonly SyncState[] = ['UNLINKED', 'SHARED'];

/** Nothing was begun that may have reached the target. */
const NEVER_THERE: readonly SyncState[] = ['REMOVED', 'SUPPRESSED', 'ERASED'];

/**
 * Whatever is ours may have reached the target, also what was parked or waits: an answer may have been lost before. Removing
 * what was never there is harmless.
 */
function takeOff({ state, remoteId }: JudgedRecord, forget: boolean): OutboundDecision {
  return NOT_OURS.includes(state) || (NEVER_THERE.includes(state) && remoteId === null)
    ? { kind: 'drop', forget }
    : { kind: 'remove', remoteId, forget };
}
