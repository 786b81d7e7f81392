import { hasHash, type Content } from './content-hash.ts';
import { formatRef, type EntityRef, type EntityType } from './entity-type.ts';
import { isErased, type Suppression } from './suppression.ts';
import type { SyncState } from './sync-state.ts';

/** The part of the record that decisions need. */
export interface JudgedRecord {
  readonly state: SyncState;
  readonly remoteId: string | null;
  readonly contentHash: string | null;
  readonly lastError?: string | null;
  /** The row is another one than the record speaks of: its id was given out again. */
  readonly reissued?: boolean;
}

export type JudgedEntity =
  /** EMS has no such row. */
  | { readonly kind: 'gone' }
  /** The row is there, but does not belong on the target. */
  | { readonly kind: 'filtered-out' }
  | { readonly kind: 'parked'; readonly field: string; readonly reason: string }
  /** Another row owns the remote record that both rows share (families share an e-mail address). */
  | { readonly kind: 'shared'; readonly owner: EntityRef }
  | {
      readonly kind: 'mapped';
      readonly content: Content;
      /** Rows that the target must have first, and has not. */
      readonly missing: readonly EntityRef[];
    };

export type OutboundDecision =
  /** Neither side has anything to do. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** The target has it already; only times are touched. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'create'; readonly content: Content }
  | { readonly kind: 'update'; readonly content: Content; readonly remoteId: string }
  /** Remove it from the target; `forget`: the record goes too, else it stays as REMOVED. */
  | { readonly kind: 'remove'; readonly remoteId: string | null; readonly forget: boolean }
  /** The target never had it: only the record goes, or becomes REMOVED. */
  | { readonly kind: 'drop'; readonly forget: boolean }
  | { readonly kind: 'park'; readonly field: string; readonly reason: string }
  /** Nothing is written: whose the remote record is, an operator has to say. */
  | { readonly kind: 'reissued' }
  | { readonly kind: 'wait'; readonly for: string; readonly field: string; readonly reason: string }
  /** Nothing is sent: the remote record of another row stands for this one, too. */
  | { readonly kind: 'share'; readonly owner: EntityRef }
  /** Nothing is sent: consent forbids it. */
  | { readonly kind: 'suppress'; readonly suppressions: readonly Suppression[] }
  /** Nothing is sent: it was erased by command, or its address was. */
  | { readonly kind: 'stay-erased' };

export interface JudgeOptions {
  /** Send even if our record says that it is done: another entity found that the target holds something else. */
  readonly resend?: boolean;
  /** What the suppression list holds against the person, as far as it counts; none for rows without consent. */
  readonly suppressions?: readonly Suppression[];
  /** Whether a refused channel holds back everything else, too. */
  readonly withhold?: boolean;
}

/**
 * Decides what an outbound pass does with one pair. Pure: the same state gives the same decision, for one pair or for a page.
 */
export function judgeOutbound(
  entity: JudgedEntity,
  record: JudgedRecord | null,
  { resend = false, suppressions = [], withhold = false }: JudgeOptions = {},
): OutboundDecision {
  if (entity.kind === 'gone') return record === null ? nothing('EMS has no such row') : takeOff(record, true);
  if (record?.state === 'UNLINKED') return nothing(unlinkedReason(record.lastError ?? null));
  if (record?.state === 'ERASED') return { kind: 'stay-erased' };
  if (entity.kind === 'filtered-out') {
    if (record !== null && record.state !== 'REMOVED') return takeOff(record, false);
    // Found at the target after all. It has to go, or a row that needs one of its values would wait for ever.
    return resend
      ? { kind: 'remove', remoteId: record?.remoteId ?? null, forget: false }
      : nothing('the filter leaves it out');
  }
  if (entity.kind === 'shared') {
    // It has a remote record of its own, from before the rows shared one: that is removed first.
    if (record !== null && record.remoteId !== null) return takeOff(record, false);
    return { kind: 'share', owner: entity.owner };
  }
  if (record?.reissued === true) return { kind: 'reissued' };
  if (isErased(suppressions)) return { kind: 'stay-erased' };
  if (withhold && suppressions.length > 0) return { kind: 'suppress', suppressions };
  if (entity.kind === 'parked') return { kind: 'park', field: entity.field, reason: entity.reason };
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
  const delivered = ['IN_SYNC', 'SUPPRESSED'].includes(record.state) && hasHash(entity.content, record.contentHash);
  if (!resend && delivered && suppressions.length > 0) return { kind: 'suppress', suppressions };
  if (!resend && delivered && record.state === 'IN_SYNC') return { kind: 'unchanged' };
  return { kind: 'update', content: entity.content, remoteId: record.remoteId };
}

/**
 * Decisions that leave the target as it is, though EMS has the row: it must not go on holding there what EMS has given to
 * another row.
 */
export const leavesTargetAsItIs = ({ kind }: OutboundDecision): boolean =>
  kind === 'park' || kind === 'wait' || kind === 'suppress' || kind === 'stay-erased';

const nothing = (reason: string) => ({ kind: 'nothing', reason }) as const;

/** Why an unlinked pair is left alone, and how that ends. */
export const unlinkedReason = (because: string | null) =>
  `it is unlinked: ${because ?? 'by an operator'}. To take it up again: npx ems-sync retry PROCESS TYPE ID --unlinked, or link`;

/** EMS's column that refers to a row of this type: `StartGroup` → `start_group_id`. */
const referenceColumn = (type: EntityType) => `${type.replaceAll(/(?<=.)([A-Z])/g, '_$1').toLowerCase()}_id`;

/** The remote record is not ours: an operator unlinked it, or it belongs to the row that this one shares with. */
const NOT_OURS: readonly SyncState[] = ['UNLINKED', 'SHARED'];

/** In these states nothing can have reached the target, unless there is a remote id. */
const NEVER_THERE: readonly SyncState[] = ['REMOVED', 'SUPPRESSED', 'ERASED'];

/**
 * In all other states something may have reached the target, also if the row was parked or waits: an earlier answer may have
 * been lost. Removing what was never there is harmless.
 */
function takeOff({ state, remoteId }: JudgedRecord, forget: boolean): OutboundDecision {
  return NOT_OURS.includes(state) || (NEVER_THERE.includes(state) && remoteId === null)
    ? { kind: 'drop', forget }
    : { kind: 'remove', remoteId, forget };
}
