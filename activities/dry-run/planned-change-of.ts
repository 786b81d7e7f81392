import type { Content } from '../../sync/content-hash.ts';
import { contentHash } from '../../sync/content-hash.ts';
import { formatRef, type EntityKey, type EntityRef } from '../../sync/entity-type.ts';
import { givenOutAgain } from '../../sync/identity.ts';
import { leavesTargetAsItIs } from '../../sync/judge-outbound.ts';
import { isHashOf } from '../../sync/keyed-hash.ts';
import { plannedFields, type PlannedAction, type PlannedChange, type PlannedField } from '../../sync/planned-change.ts';
import { describeSuppressions } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { pairOf, type TypeContext } from '../context.ts';
import type { JudgedPair } from '../judge-pairs.ts';
import { noteReleased } from './kept-by.ts';
import { pairConsent } from '../pair-consent.ts';
import { optOutsOf } from '../send-opt-outs.ts';

/** Thrown in place of a target's first write. */
class WouldWrite extends Error {
  override readonly name = 'WouldWrite';
  /** What the remote record would hold then; null: it would be deleted. */
  readonly left: Content | null;

  constructor(left: Content | null) {
    super('a dry run writes nothing');
    this.left = left;
  }
}

interface AboutOthers {
  readonly isHeld: boolean;
  readonly kept: ReadonlyMap<EntityKey, EntityRef>;
  readonly wanted: readonly Content[];
}

/**
 * A decision in the words of a plan; null: nothing would be done.
 *
 * @param isHeld the brake holds back removals of the type.
 * @param kept rows that the target keeps, by what refers to them there.
 * @param wanted what other rows would send: they ask for values that this one still holds.
 */
export async function plannedChange(
  context: TypeContext,
  judged: JudgedPair,
  { isHeld, kept, wanted }: AboutOthers,
): Promise<PlannedChange | null> {
  const { pair, decision, suppressions } = judged;
  const { type, keys } = context;
  const told = optOutsOf(context, judged);
  const optOuts =
    told === null ? [] : [...new Set([...told.channels, ...told.elsewhere.map(({ channel }) => channel)])].toSorted();
  const releases = leavesTargetAsItIs(decision) && (await wouldRelease(context, judged, wanted));
  const by = kept.get(pair.key);
  const about = { direction: 'outbound', type, id: pair.key } as const;
  const entry = (action: PlannedAction, reason: string | null, fields?: readonly PlannedField[]): PlannedChange => ({
    ...about,
    action,
    ...(fields === undefined ? {} : { fields }),
    ...(reason === null ? {} : { reason }),
    ...(optOuts.length === 0 ? {} : { optOuts }),
    ...(releases ? { releases } : {}),
    hash: contentHash(
      {
        action,
        reason,
        optOuts,
        content: 'content' in decision ? decision.content : null,
        remoteId: 'remoteId' in decision ? decision.remoteId : null,
      },
      keys,
    ),
  });
  switch (decision.kind) {
    case 'nothing':
    case 'unchanged':
      return null;
    case 'create':
      return entry('create', sentThough(judged), plannedFields(null, decision.content));
    case 'update': {
      const fields = await fieldsOf(context, judged, decision);
      return entry('change', sentThough(judged), fields);
    }
    case 'remove':
      if (isHeld) return entry('hold', 'the brake holds back removals of this type');
      if (by !== undefined) return entry('wait', `leaves after ${formatRef(by)}, which refers to it and stays there`);
      return entry('delete', decision.remoteId === null ? MAY_BE_THERE : null);
    case 'drop':
      return entry('forget', null);
    case 'park':
      return entry('park', `${decision.field}: ${decision.reason}`);
    case 'reissued':
      return entry('park', givenOutAgain(about.id === null ? { type, key: '' } : { type, key: about.id }));
    case 'wait':
      return entry('wait', `${decision.field}: waits for ${decision.for}, ${decision.reason}`);
    case 'share':
      return entry('share', `shares the remote record of ${formatRef(decision.owner)}`);
    case 'suppress':
      return entry('suppress', describeSuppressions(suppressions));
    case 'stay-erased':
      return entry('suppress', 'it was erased');
  }
}

/** The answer to an earlier attempt may have been lost, so it is deleted all the same. */
const MAY_BE_THERE = 'there is no record of it there; it is deleted if it is there after all';

/** A refused channel that stops consent only. */
const sentThough = ({ suppressions }: JudgedPair) =>
  suppressions.length === 0 ? null : `without ${describeSuppressions(suppressions)}`;

/** What differs: read from the target if it can be, else as far as the record's hashes tell. */
async function fieldsOf(
  context: TypeContext,
  { pair }: JudgedPair,
  { content, remoteId }: { readonly content: Content; readonly remoteId: string },
): Promise<readonly PlannedField[]> {
  const held = await heldAtTarget(context, { key: pair.key, remoteId, content });
  if (held !== null) return plannedFields(held, content);
  const base = pair.record?.base ?? null;
  const changed = Object.entries(content).filter(
    ([field, value]) => base?.[field] === undefined || !isHashOf(base[field], field, value, context.keys),
  );
  return plannedFields(null, Object.fromEntries(changed));
}

/** Null: it is not there, or cannot be read. */
async function heldAtTarget(
  { remote, type, mapping }: TypeContext,
  { key, remoteId, content }: { readonly key: string; readonly remoteId: string; readonly content: Content },
): Promise<Content | null> {
  try {
    if (remote.held !== undefined) return (await remote.held.read({ type, key, remoteId, content }))?.content ?? null;
    if (remote.inbound === undefined || mapping.inbound === null) return null;
    return (await remote.inbound.fetch({ type, remoteId }, key))?.content ?? null;
  } catch (error) {
    if (error instanceof SyncError && error.errorClass === 'rejected') return null;
    throw error;
  }
}

/** Whether a row that cannot be sent makes the target release something nevertheless: its own code decides, up to its first write. */
async function wouldRelease(
  context: TypeContext,
  { pair, suppressions }: JudgedPair,
  others: readonly Content[],
): Promise<boolean> {
  const { remote, mapping, type } = context;
  const remoteId = pair.record?.remoteId ?? null;
  if (remote.release === undefined || pair.entity === null || remoteId === null) return false;
  if (remote.releasesUnasked === undefined || remoteId.startsWith('planned ')) return false;
  const isUnasked = remote.releasesUnasked.includes(type);
  if (!isUnasked && others.length === 0) return false;
  const attempt = { ...pairOf(context, pair.key), fencingToken: 0n };
  try {
    await remote.release({
      type,
      key: pair.key,
      remoteId,
      fencingToken: 0n,
      content: mapping.sendable(pair.entity, pair.sources),
      wanted: isUnasked ? [] : others,
      willRelease: async (left = null) => {
        throw new WouldWrite(left);
      },
      ...pairConsent(attempt, pair, suppressions),
    });
    return false;
  } catch (error) {
    if (error instanceof WouldWrite) {
      noteReleased(context.orm, { type, key: pair.key }, error.left);
      return true;
    }
    if (error instanceof SyncError && error.errorClass === 'rejected') return false;
    throw error;
  }
}
