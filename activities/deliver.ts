import { beginAttempt } from '../database/records/begin-attempt.ts';
import { readConditions } from '../database/detection/read-conditions.ts';
import { loadPair } from '../database/records/load-pairs.ts';
import { refreshUniqueValues } from '../database/records/refresh-unique-values.ts';
import { lastFencingToken, raiseFencingTokenAbove } from '../database/records/fencing-token.ts';
import type { Delivery, Evaluated } from '../sync/delivery.ts';
import { givenOutAgain } from '../sync/identity.ts';
import { leavesTargetAsItIs, LEFT_OUT, type OutboundDecision } from '../sync/judge-outbound.ts';
import { describeSuppressions } from '../sync/suppression.ts';
import { StaleTokenError } from '../sync/sync-error.ts';
import { describeUnmet } from '../targets/filter-condition.ts';
import { withPairLocks } from './pair-locks.ts';
import { areRemovalsHeld } from './brake.ts';
import { callTarget, type Call, type Called } from './call-target.ts';
import { childrenOfPair, isChild, parentOf } from './children.ts';
import { newAttempt, pairContext, type Attempt, type PairContext } from './context.ts';
import type { DeliverInput } from './deliver-input.ts';
import type { Dependencies } from './dependencies.ts';
import { eraseRemote } from './erase.ts';
import { assertEvaluated, judgePair, type JudgedPair } from './judge-pairs.ts';
import { hasLeftRemote } from './left-remote.ts';
import { mergedOwner } from './merged-owner.ts';
import { releaseValues } from './release-values.ts';
import { hasRemoteNews } from './remote-news.ts';
import { sendOptOuts } from './send-opt-outs.ts';
import { startedAnew } from './start-anew.ts';

/**
 * How often an attempt is repeated immediately because the target or a record has a higher token than our (restored)
 * sequence.
 */
const RAISES = 3;

/**
 * The outbound half of a pass: reads the entity and its record, maps and judges them, and brings the target to EMS's
 * state. What will be sent is committed first; `record` writes the result. If the remote has changes that the record
 * does not know, nothing is sent: the result is `absorb-first`.
 *
 * @throws SyncError if another attempt may succeed; permanent failures are returned as `parked`.
 */
export async function deliver(dependencies: Dependencies, input: DeliverInput): Promise<Delivery> {
  const pair = pairContext(dependencies, input);
  const { mapping, key } = pair;
  if (isChild(mapping)) {
    const by = await parentOf(pair, mapping);
    return {
      key,
      fencingToken: '0',
      ...(by === null ? { kind: 'nothing', reason: 'EMS has no such row' } : { kind: 'with-parent', by }),
    };
  }
  return withPairLocks(pair, () =>
    withHighestToken(pair, (attempt) =>
      input.erase === true ? eraseRemote(attempt) : attemptDelivery(attempt, input),
    ),
  );
}

/** Repeats the attempt with a higher token if the target or the record has one that our sequence has not reached. */
async function withHighestToken(pair: PairContext, once: (attempt: Attempt) => Promise<Delivery>): Promise<Delivery> {
  for (let raises = 0; ; raises += 1) {
    const attempt = await newAttempt(pair);
    try {
      return await once(attempt);
    } catch (error) {
      if (!(error instanceof StaleTokenError) || raises === RAISES) throw error;
      if (await isSuperseded(attempt)) return without(attempt, 'superseded');
      await raiseFencingTokenAbove(pair.orm, error.higherToken);
    }
  }
}

const HELD = 'it would leave the target, as many others would: held (npx ems-sync status)';

async function attemptDelivery(attempt: Attempt, input: DeliverInput): Promise<Delivery> {
  const { orm, detection, key, keys, fencingToken } = attempt;
  await refreshUniqueValues(orm, detection, [key], keys);
  const loaded = await loadPair(orm, detection, key);
  const recorded = BigInt(loaded.record?.fencingToken ?? 0);
  if (recorded > fencingToken) throw new StaleTokenError(recorded);
  const pair = await startedAnew(attempt, loaded);
  const judged = await judgePair(attempt, pair, input);
  const { kind } = judged.decision;
  // An update overwrites what is at the target. Absorb changes made there first, so that a value that loses is kept.
  if (kind === 'update' && (await hasRemoteNews(attempt, pair))) return without(attempt, 'absorb-first');
  if (kind === 'remove' && pair.sharedWith !== null) {
    const merged = await mergedOwner(attempt, pair.sharedWith);
    if (merged !== null) return { ...common(attempt), evaluated: judged.evaluated, ...merged };
  }
  if (kind === 'remove' && (await areRemovalsHeld(attempt)))
    return { ...common(attempt), kind: 'nothing', reason: HELD };
  if (kind === 'unchanged' && hasLeftRemote(attempt, pair)) return without(attempt, 'absorb-first');
  if (leavesTargetAsItIs(judged.decision)) {
    const first = await releaseValues(attempt, judged, { ...input, isBegun: false });
    if (first !== null) return without(attempt, first);
  }
  const { delivery, refused } = await carryOut(attempt, input, judged);
  if (isCall(judged.decision) && isInVain(delivery)) {
    const first = await releaseValues(attempt, judged, { ...input, isBegun: true });
    if (first !== null) return without(attempt, first);
  }
  if (delivery.kind === 'nothing' && delivery.reason === LEFT_OUT)
    return { ...delivery, reason: await leftOut(attempt) };
  if (pair.entity === null) return delivery;
  const children = await childrenOfPair(attempt, { pair, refused });
  return children.length === 0 ? delivery : { ...delivery, children };
}

/** The conditions that the row does not meet, and what would change that. */
async function leftOut({ orm, mapping, type, key }: Attempt): Promise<string> {
  const met = await readConditions(orm.em.fork(), type, key, mapping.conditions);
  const unmet = mapping.conditions.filter((_, at) => met?.[at] === false);
  return unmet.length === 0 ? LEFT_OUT : describeUnmet(unmet);
}

async function carryOut(attempt: Attempt, input: DeliverInput, judged: JudgedPair): Promise<Called> {
  const { decision, suppressions: refused } = judged;
  const owned =
    !isCall(decision) || (await beginAttempt(attempt.orm, attempt.ref, intentOf(attempt, decision, judged)));
  await sendOptOuts(attempt, judged);
  if (!isCall(decision)) return { delivery: withoutCall(attempt, decision, judged.evaluated), refused };
  if (!owned) return { delivery: without(attempt, 'superseded'), refused };
  return callTarget(attempt, input, decision, judged);
}

/** The target was called, but its state of the row did not change. */
const isInVain = (delivery: Delivery) =>
  // The target's record under a reissued id belongs to a former row, so nothing of it is released.
  (delivery.kind === 'parked' && delivery.reissued !== true) ||
  delivery.kind === 'blocked' ||
  (delivery.kind === 'suppressed' && delivery.delivered === null);

export const isCall = (decision: OutboundDecision): decision is Call =>
  decision.kind === 'create' || decision.kind === 'update' || decision.kind === 'remove';

/** What must be recorded before the target is called. */
function intentOf({ fencingToken, workflowId }: Attempt, { kind }: Call, { evaluated }: JudgedPair) {
  // A removed record keeps its fingerprint: its id may already belong to another row.
  const fingerprint = kind === 'remove' ? null : (evaluated?.fingerprint ?? null);
  return { fencingToken, workflowId, state: kind === 'create' ? 'CREATING' : 'PENDING', fingerprint } as const;
}

const common = ({ key, fencingToken }: Pick<Attempt, 'key' | 'fencingToken'>) => ({
  key,
  fencingToken: `${fencingToken}`,
});

function without(attempt: Attempt, kind: 'superseded' | 'absorb-first'): Delivery {
  return { ...common(attempt), kind };
}

/** The result of a decision for which the target is not called. */
export function withoutCall(
  attempt: Pick<Attempt, 'type' | 'key' | 'fencingToken'>,
  decision: Exclude<OutboundDecision, Call>,
  evaluated: Evaluated | null,
): Delivery {
  const begun = common(attempt);
  switch (decision.kind) {
    case 'nothing':
      return { ...begun, kind: 'nothing', reason: decision.reason };
    case 'drop':
      return { ...begun, kind: 'removed', forget: decision.forget };
    case 'unchanged':
      return { ...begun, kind: 'unchanged', evaluated: assertEvaluated(evaluated) };
    case 'wait': {
      const { for: awaited, field, reason } = decision;
      return { ...begun, kind: 'waiting', evaluated: assertEvaluated(evaluated), for: awaited, field, reason };
    }
    case 'share':
      return { ...begun, kind: 'shared', evaluated: assertEvaluated(evaluated), owner: decision.owner };
    case 'suppress': {
      const reason = describeSuppressions(decision.suppressions);
      return { ...begun, kind: 'suppressed', evaluated: assertEvaluated(evaluated), reason, delivered: null };
    }
    case 'stay-erased':
      return { ...begun, kind: 'stays-erased', evaluated: assertEvaluated(evaluated) };
    case 'reissued': {
      const common = { ...begun, evaluated: assertEvaluated(evaluated), errorClass: 'rejected', field: null } as const;
      return { ...common, kind: 'parked', reason: givenOutAgain(attempt), code: 'reissued', reissued: true };
    }
    case 'park': {
      const { field, reason, code } = decision;
      const common = { ...begun, evaluated: assertEvaluated(evaluated), errorClass: 'rejected' } as const;
      return { ...common, kind: 'parked', field, reason, code };
    }
  }
}

/**
 * Whether a newer attempt has written or deleted the record. Ignore tokens above the sequence: they are from before a
 * restore.
 */
async function isSuperseded({ orm, detection, key, fencingToken }: Attempt): Promise<boolean> {
  const { record } = await loadPair(orm, detection, key);
  if (record === null) return true;
  const recorded = BigInt(record.fencingToken);
  return recorded > fencingToken && recorded <= (await lastFencingToken(orm));
}
