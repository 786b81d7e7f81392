import { hasHash, type Content } from './content-hash.ts';
import type { SecretKey } from './derived-keys.ts';
import { formatRef, type EntityRef, type EntityType } from './entity-type.ts';
import { isErased, type Suppression } from './suppression.ts';
import type { SyncState } from './sync-state.ts';

/** The part of the record that decisions need. */
export interface JudgedRecord {
  readonly state: SyncState;
  readonly remoteId: string | null;
  readonly contentHash: string | null;
  readonly lastError?: string | null;
  /** The record belongs to a former row: the id was reused. */
  readonly reissued?: boolean;
}

export type JudgedEntity =
  /** EMS has no such row. */
  | { readonly kind: 'gone' }
  /** The row exists, but does not belong on the target. */
  | { readonly kind: 'filtered-out' }
  | { readonly kind: 'parked'; readonly field: string; readonly reason: string; readonly code: string }
  /** Another row owns the remote record that both rows share (families share an e-mail address). */
  | { readonly kind: 'shared'; readonly owner: EntityRef }
  | {
      readonly kind: 'mapped';
      readonly content: Content;
      /** Rows that the target must have first but does not have. */
      readonly missing: readonly EntityRef[];
    };

export type OutboundDecision =
  /** Neither side has anything to do. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** The target already has it; only times are touched. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'create'; readonly content: Content }
  | { readonly kind: 'update'; readonly content: Content; readonly remoteId: string }
  /** Remove it from the target; `forget`: delete the record, too, otherwise it stays as REMOVED. */
  | { readonly kind: 'remove'; readonly remoteId: string | null; readonly forget: boolean }
  /** The target never had it: only the record is deleted, or becomes REMOVED. */
  | { readonly kind: 'drop'; readonly forget: boolean }
  | { readonly kind: 'park'; readonly field: string; readonly reason: string; readonly code: string }
  /** Nothing is written: an operator must decide who owns the remote record. */
  | { readonly kind: 'reissued' }
  | { readonly kind: 'wait'; readonly for: string; readonly field: string; readonly reason: string }
  /** Nothing is sent: another row's remote record represents this one, too. */
  | { readonly kind: 'share'; readonly owner: EntityRef }
  /** Nothing is sent: consent forbids it. */
  | { readonly kind: 'suppress'; readonly suppressions: readonly Suppression[] }
  /** Nothing is sent: it or its address was erased by command. */
  | { readonly kind: 'stay-erased' };

export interface JudgeOptions {
  /** Keys of content hashes, newest first. */
  readonly keys: readonly SecretKey[];
  /** Send even if our record is up to date: another entity found that the target holds something else. */
  readonly resend?: boolean;
  /** The applicable entries of the suppression list for the person; empty for rows without consent. */
  readonly suppressions?: readonly Suppression[];
  /** Whether a refused channel blocks everything else, too. */
  readonly withhold?: boolean;
}

/**
 * Decides what an outbound pass does with one pair. Pure: the same state gives the same decision, for one pair or for a
 * page.
 */
export function judgeOutbound(
  entity: JudgedEntity,
  record: JudgedRecord | null,
  { keys, resend = false, suppressions = [], withhold = false }: JudgeOptions,
): OutboundDecision {
  if (entity.kind === 'gone') return record === null ? nothing('EMS has no such row') : takeOff(record, true);
  if (record?.state === 'UNLINKED') return nothing(unlinkedReason(record.lastError ?? null));
  if (record?.state === 'ERASED') return { kind: 'stay-erased' };
  if (entity.kind === 'filtered-out') {
    if (record !== null && record.state !== 'REMOVED') return takeOff(record, false);
    // Found at the target after all. Remove it, or a row that needs one of its values would wait forever.
    return resend ? { kind: 'remove', remoteId: record?.remoteId ?? null, forget: false } : nothing(LEFT_OUT);
  }
  if (entity.kind === 'shared') {
    // It still has its own remote record, from before the rows shared one: remove that first.
    if (record !== null && record.remoteId !== null) return takeOff(record, false);
    return { kind: 'share', owner: entity.owner };
  }
  if (record?.reissued === true) return { kind: 'reissued' };
  if (isErased(suppressions)) return { kind: 'stay-erased' };
  if (withhold && suppressions.length > 0) return { kind: 'suppress', suppressions };
  if (entity.kind === 'parked') return { kind: 'park', field: entity.field, reason: entity.reason, code: entity.code };
  const [missing] = entity.missing;
  if (missing !== undefined) {
    const { type } = missing;
    return {
      kind: 'wait',
      for: formatRef(missing),
      field: referenceColumn(type),
      reason: `the target has no ${formatRef(missing)} yet`,
    };
  }
  // Without a remote id a record is never up to date, even if the hash matches.
  if (record === null || record.remoteId === null) return { kind: 'create', content: entity.content };
  const delivered =
    ['IN_SYNC', 'SUPPRESSED'].includes(record.state) && hasHash(entity.content, record.contentHash, keys);
  if (!resend && delivered && suppressions.length > 0) return { kind: 'suppress', suppressions };
  if (!resend && delivered && record.state === 'IN_SYNC') return { kind: 'unchanged' };
  return { kind: 'update', content: entity.content, remoteId: record.remoteId };
}

/**
 * Decisions that leave the target unchanged although EMS has the row: the target must not keep what EMS has given to
 * another row.
 */
export const leavesTargetAsItIs = ({ kind }: OutboundDecision): boolean =>
  kind === 'park' || kind === 'wait' || kind === 'suppress' || kind === 'stay-erased';

/** The row exists and does not belong on the target. The delivery names the conditions that it does not meet. */
export const LEFT_OUT = 'the filter leaves it out';

const nothing = (reason: string) => ({ kind: 'nothing', reason }) as const;

/** Why an unlinked pair is left alone, and how to resume it. */
export const unlinkedReason = (because: string | null) =>
  `it is unlinked: ${because ?? 'by an operator'}. To take it up again: npx ems-sync retry PROCESS TYPE ID --unlinked, or link`;

/** EMS's column that refers to a row of this type: `StartGroup` → `start_group_id`. */
const referenceColumn = (type: EntityType) => `${type.replaceAll(/(?<=.)([A-Z])/g, '_$1').toLowerCase()}_id`;

/** The remote record is not this row's: an operator unlinked it, or it belongs to the row that this one shares with. */
const NOT_OURS: readonly SyncState[] = ['UNLINKED', 'SHARED'];

/** In these states nothing can have reached the target, unless there is a remote id. */
const NEVER_THERE: readonly SyncState[] = ['REMOVED', 'SUPPRESSED', 'ERASED'];

/**
 * In all other states something may have reached the target, even if the row was parked or waits: an earlier answer may
 * have been lost. Removing what was never there is harmless.
 */
function takeOff({ state, remoteId }: JudgedRecord, forget: boolean): OutboundDecision {
  return NOT_OURS.includes(state) || (NEVER_THERE.includes(state) && remoteId === null)
    ? { kind: 'drop', forget }
    : { kind: 'remove', remoteId, forget };
}
