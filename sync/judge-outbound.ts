import { hasHash, type Content } from './content-hash.ts';
import { formatRef, type EntityRef } from './entity-type.ts';
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
  | { readonly kind: 'wait'; readonly for: string };

/**
 * What an outbound pass has to do with one pair. Pure: the same state gives the same decision, for one pair or for a page.
 *
 * @param resend send even if the hash is equal: another entity found that the target does not hold what we believe.
 */
export function judgeOutbound(
  entity: JudgedEntity,
  record: JudgedRecord | null,
  { resend = false }: { readonly resend?: boolean } = {},
): OutboundDecision {
  if (entity.kind === 'gone') return record === null ? { kind: 'nothing' } : takeOff(record, true);
  if (record?.state === 'UNLINKED') return { kind: 'nothing' };
  if (entity.kind === 'filtered-out') {
    return record === null || record.state === 'REMOVED' ? { kind: 'nothing' } : takeOff(record, false);
  }
  if (entity.kind === 'parked') return { kind: 'park', field: entity.field, reason: entity.reason };
  const [missing] = entity.missing;
  if (missing !== undefined) return { kind: 'wait', for: formatRef(missing) };
  if (!resend && record?.state === 'IN_SYNC' && hasHash(entity.content, record.contentHash))
    return { kind: 'unchanged' };
  return record === null || record.remoteId === null
    ? { kind: 'create', content: entity.content }
    : { kind: 'update', content: entity.content, remoteId: record.remoteId };
}

/**
 * An unlinked remote record is not ours any more. Everything else may have reached the target, also what was parked or
 * waits: an answer may have been lost before. Removing what was never there is harmless.
 */
function takeOff(record: JudgedRecord, forget: boolean): OutboundDecision {
  const neverThere: readonly SyncState[] = ['REMOVED', 'UNLINKED', 'LINKED', 'SUPPRESSED'];
  return neverThere.includes(record.state) && (record.remoteId === null || record.state === 'UNLINKED')
    ? { kind: 'drop', forget }
    : { kind: 'remove', remoteId: record.remoteId, forget };
}
