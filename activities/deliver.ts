import { beginAttempts, type Intent } from '../database/records/begin-attempt.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { drawFencingToken, lastFencingToken, raiseFencingTokenAbove } from '../database/records/fencing-token.ts';
import type { Delivery, Evaluated } from '../sync/delivery.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { OutboundDecision } from '../sync/judge-outbound.ts';
import { describeSuppressions } from '../sync/suppression.ts';
import { StaleTokenError } from '../sync/sync-error.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { absorb, isReadBack } from './absorb.ts';
import { withAddressLocks } from './address-locks.ts';
import { callTarget, assertEvaluated, type Called } from './call-target.ts';
import type { DeliverInput } from './deliver-input.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import { attemptErasure } from './erase.ts';
import { judgePairs, type JudgedPair } from './judge-pairs.ts';
import { parentOf, childrenOf, isChild } from './children.ts';
import { sendOptOuts } from './send-opt-outs.ts';

/** How often an attempt is repeated at once because target or records count higher than our (restored) sequence. */
const RAISES = 3;

/**
 * The outbound half of a pass: reads the entity and its record, maps and judges, and brings the target to what EMS holds.
 * What it is about to send is committed first; the result is for `record` to write.
 *
 * @throws SyncError for what is worth another attempt; what can never pass is returned as `parked`.
 */
export async function deliver(dependencies: Dependencies, input: DeliverInput): Promise<Delivery> {
  const { process } = connectedProcess(dependencies, input.process);
  const mapping = mappingOf(process, input.type);
  if (isChild(mapping)) {
    const by = await parentOf(dependencies, process, mapping, input.key);
    return { key: input.key, fencingToken: '0', ...(by === null ? { kind: 'nothing' } : { kind: 'with-parent', by }) };
  }
  const once = input.erase === true ? attemptErasure : attemptDelivery;
  return withAddressLocks(dependencies, input, () => attemptInOrder(dependencies, input, once));
}

/** With a number that is higher than whatever was seen before. */
async function attemptInOrder(
  dependencies: Dependencies,
  input: DeliverInput,
  once: (dependencies: Dependencies, input: DeliverInput, fencingToken: bigint) => Promise<Delivery>,
): Promise<Delivery> {
  for (let raises = 0; ; raises += 1) {
    const fencingToken = await drawFencingToken(dependencies.orm);
    try {
      return await once(dependencies, input, fencingToken);
    } catch (error) {
      if (!(error instanceof StaleTokenError) || raises === RAISES) throw error;
      if (await isSuperseded(dependencies, input, fencingToken))
        return { kind: 'superseded', key: input.key, fencingToken: `${fencingToken}` };
      await raiseFencingTokenAbove(dependencies.orm, error.higherToken);
    }
  }
}

/**
 * An update overwrites what is at the target, so what was changed there meanwhile is absorbed first: a value that loses is
 * kept, and one that does not lose is not overwritten.
 *
 * @returns null: there is nothing to absorb.
 */
async function absorbFirst(
  dependencies: Dependencies,
  input: DeliverInput,
  fencingToken: bigint,
  { pair, decision, evaluated }: JudgedPair,
): Promise<Delivery | 'judge-again' | null> {
  if (decision.kind !== 'update' || !isReadBack(dependencies, input)) return null;
  const absorption = await absorb(dependencies, { process: input.process, type: input.type, key: pair.key });
  if (absorption.kind === 'parked') {
    const { reason } = absorption;
    const parked = { kind: 'parked', errorClass: 'rejected', field: null, reason } as const;
    return { key: pair.key, fencingToken: `${fencingToken}`, evaluated: assertEvaluated(evaluated), ...parked };
  }
  // Absorbing has drawn a higher number than ours.
  return 'judge-again';
}

async function attemptDelivery(
  dependencies: Dependencies,
  input: DeliverInput,
  fencingToken: bigint,
  { absorbed = false }: { readonly absorbed?: boolean } = {},
): Promise<Delivery> {
  const { orm } = dependencies;
  const { process } = connectedProcess(dependencies, input.process);
  const detection = detectionOf(dependencies, process, input.type);
  const pairs = await loadPairs(orm, detection, [input.key]);
  for (const { record } of pairs)
    if (BigInt(record?.fencingToken ?? 0) > fencingToken) throw new StaleTokenError(BigInt(record?.fencingToken ?? 0));
  const judged = await judgePairs(dependencies, process, mappingOf(process, input.type), pairs, input);
  for (const pair of absorbed ? [] : judged) {
    const before = await absorbFirst(dependencies, input, fencingToken, pair);
    if (before === 'judge-again') {
      return attemptDelivery(dependencies, input, await drawFencingToken(orm), { absorbed: true });
    }
    if (before !== null) return before;
  }
  const owned = await beginAttempts(orm, process.name, input.type, fencingToken, judged.flatMap(intentOf(input)));
  const [one] = judged;
  if (one === undefined) throw new RangeError(`${input.type}/${input.key} was not loaded`);
  await sendOptOuts(dependencies, input, fencingToken, one);
  const called = await carryOut(dependencies, input, fencingToken, one, owned);
  if (called === 'judge-again') return attemptDelivery(dependencies, input, await drawFencingToken(orm));
  const { delivery, refused } = called;
  if (one.pair.entity === null) return delivery;
  const children = await childrenOf(dependencies, process, input.type, [{ pair: one.pair, refused }]);
  return children.size === 0 ? delivery : { ...delivery, children: children.get(input.key) ?? [] };
}

/** What must be on record before the target is called; decisions without a call need nothing. */
function intentOf(input: DeliverInput) {
  return ({ pair, decision }: JudgedPair): Intent[] => {
    const workflowId = pairWorkflowId(input.process, input.type, pair.key);
    switch (decision.kind) {
      case 'create':
        return [{ key: pair.key, state: 'CREATING', workflowId }];
      case 'update':
      case 'remove':
        return [{ key: pair.key, state: 'PENDING', workflowId }];
      default:
        return [];
    }
  };
}

async function carryOut(
  dependencies: Dependencies,
  input: DeliverInput,
  fencingToken: bigint,
  judged: JudgedPair,
  owned: ReadonlySet<EntityKey>,
): Promise<Called | 'judge-again'> {
  const { pair, decision, suppressions: refused } = judged;
  switch (decision.kind) {
    case 'remove':
    case 'create':
    case 'update':
      if (owned.has(pair.key)) return callTarget(dependencies, input, fencingToken, decision, judged);
      return { delivery: { key: pair.key, fencingToken: `${fencingToken}`, kind: 'superseded' }, refused };
    default:
      return {
        delivery: withoutCall(decision, { key: pair.key, fencingToken: `${fencingToken}` }, judged.evaluated),
        refused,
      };
  }
}

function withoutCall(
  decision: Exclude<OutboundDecision, { kind: 'create' | 'update' | 'remove' }>,
  common: { readonly key: EntityKey; readonly fencingToken: string },
  evaluated: Evaluated | null,
): Delivery {
  switch (decision.kind) {
    case 'nothing':
      return { ...common, kind: 'nothing' };
    case 'drop':
      return { ...common, kind: 'removed', forget: decision.forget };
    case 'unchanged':
      return { ...common, kind: 'unchanged', evaluated: assertEvaluated(evaluated) };
    case 'wait':
      return { ...common, kind: 'waiting', evaluated: assertEvaluated(evaluated), for: decision.for };
    case 'share':
      return { ...common, kind: 'shared', evaluated: assertEvaluated(evaluated), owner: decision.owner };
    case 'suppress': {
      const { suppressions } = decision;
      const reason = describeSuppressions(suppressions);
      return { ...common, kind: 'suppressed', evaluated: assertEvaluated(evaluated), reason, delivered: null };
    }
    case 'stay-erased':
      return { ...common, kind: 'stays-erased', evaluated: assertEvaluated(evaluated) };
    case 'park': {
      const { field, reason } = decision;
      return {
        ...common,
        kind: 'parked',
        evaluated: assertEvaluated(evaluated),
        errorClass: 'rejected',
        field,
        reason,
      };
    }
  }
}

/** A newer attempt has written the record, or done away with it. A number that was never drawn is no newer attempt's. */
async function isSuperseded(
  dependencies: Dependencies,
  { process: name, type, key }: DeliverInput,
  fencingToken: bigint,
): Promise<boolean> {
  const { process } = connectedProcess(dependencies, name);
  const [pair] = await loadPairs(dependencies.orm, detectionOf(dependencies, process, type), [key]);
  if (pair === undefined || pair.record === null) return true;
  const recorded = BigInt(pair.record.fencingToken);
  return recorded > fencingToken && recorded <= (await lastFencingToken(dependencies.orm));
}
