import { beginAttempts, type Intent } from '../database/records/begin-attempt.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { drawPass, lastPass, raisePassAbove } from '../database/records/pass-sequence.ts';
import type { Delivery, Examined } from '../sync/delivery.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { OutboundDecision } from '../sync/judge-outbound.ts';
import { describeSuppressions, isErased } from '../sync/suppression.ts';
import { StalePassError } from '../sync/sync-error.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { absorb, isReadBack } from './absorb.ts';
import { withAddressLocks } from './address-locks.ts';
import { callTarget, seen, type Called } from './call-target.ts';
import type { DeliverInput } from './deliver-input.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import { attemptErasure } from './erase.ts';
import { ERASED, judgePairs, type JudgedPair } from './judge-pairs.ts';
import { carrierOf, ridersOf, travels } from './riders.ts';
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
  if (travels(mapping)) {
    const by = await carrierOf(dependencies, process, mapping, input.key);
    return { key: input.key, pass: '0', ...(by === null ? { kind: 'nothing' } : { kind: 'carried', by }) };
  }
  const once = input.erase === true ? attemptErasure : attemptDelivery;
  return withAddressLocks(dependencies, input, () => attemptInOrder(dependencies, input, once));
}

/** With a number that is higher than whatever was seen before. */
async function attemptInOrder(
  dependencies: Dependencies,
  input: DeliverInput,
  once: (dependencies: Dependencies, input: DeliverInput, pass: bigint) => Promise<Delivery>,
): Promise<Delivery> {
  for (let raises = 0; ; raises += 1) {
    const pass = await drawPass(dependencies.orm);
    try {
      return await once(dependencies, input, pass);
    } catch (error) {
      if (!(error instanceof StalePassError) || raises === RAISES) throw error;
      if (await isSuperseded(dependencies, input, pass)) return { kind: 'superseded', key: input.key, pass: `${pass}` };
      await raisePassAbove(dependencies.orm, error.higherPass);
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
  pass: bigint,
  { pair, decision, examined }: JudgedPair,
): Promise<Delivery | 'judge-again' | null> {
  if (decision.kind !== 'update' || !isReadBack(dependencies, input)) return null;
  const absorption = await absorb(dependencies, { process: input.process, type: input.type, key: pair.key });
  if (absorption.kind === 'parked') {
    const { reason } = absorption;
    const parked = { kind: 'parked', errorClass: 'rejected', field: null, reason } as const;
    return { key: pair.key, pass: `${pass}`, examined: seen(examined), ...parked };
  }
  // Absorbing has drawn a higher number than ours.
  return 'judge-again';
}

async function attemptDelivery(
  dependencies: Dependencies,
  input: DeliverInput,
  pass: bigint,
  { absorbed = false }: { readonly absorbed?: boolean } = {},
): Promise<Delivery> {
  const { orm } = dependencies;
  const { process } = connectedProcess(dependencies, input.process);
  const detection = detectionOf(dependencies, process, input.type);
  const pairs = await loadPairs(orm, detection, [input.key]);
  for (const { record } of pairs)
    if (BigInt(record?.pass ?? 0) > pass) throw new StalePassError(BigInt(record?.pass ?? 0));
  const judged = await judgePairs(dependencies, process, mappingOf(process, input.type), pairs, input);
  for (const pair of absorbed ? [] : judged) {
    const before = await absorbFirst(dependencies, input, pass, pair);
    if (before === 'judge-again') {
      return attemptDelivery(dependencies, input, await drawPass(orm), { absorbed: true });
    }
    if (before !== null) return before;
  }
  const owned = await beginAttempts(orm, process.name, input.type, pass, judged.flatMap(intentOf(input)));
  const [one] = judged;
  if (one === undefined) throw new RangeError(`${input.type}/${input.key} was not loaded`);
  await sendOptOuts(dependencies, input, pass, one);
  const called = await carryOut(dependencies, input, pass, one, owned);
  if (called === 'judge-again') return attemptDelivery(dependencies, input, await drawPass(orm));
  const { delivery, refused } = called;
  if (one.pair.entity === null) return delivery;
  const riders = await ridersOf(dependencies, process, input.type, [{ pair: one.pair, refused }]);
  return riders.size === 0 ? delivery : { ...delivery, riders: riders.get(input.key) ?? [] };
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
  pass: bigint,
  judged: JudgedPair,
  owned: ReadonlySet<EntityKey>,
): Promise<Called | 'judge-again'> {
  const { pair, decision, suppressions: refused } = judged;
  switch (decision.kind) {
    case 'remove':
    case 'create':
    case 'update':
      if (owned.has(pair.key)) return callTarget(dependencies, input, pass, decision, judged);
      return { delivery: { key: pair.key, pass: `${pass}`, kind: 'superseded' }, refused };
    default:
      return { delivery: withoutCall(decision, { key: pair.key, pass: `${pass}` }, judged.examined), refused };
  }
}

function withoutCall(
  decision: Exclude<OutboundDecision, { kind: 'create' | 'update' | 'remove' }>,
  common: { readonly key: EntityKey; readonly pass: string },
  examined: Examined | null,
): Delivery {
  switch (decision.kind) {
    case 'nothing':
      return { ...common, kind: 'nothing' };
    case 'drop':
      return { ...common, kind: 'removed', forget: decision.forget };
    case 'unchanged':
      return { ...common, kind: 'unchanged', examined: seen(examined) };
    case 'wait':
      return { ...common, kind: 'waiting', examined: seen(examined), for: decision.for };
    case 'link':
      return { ...common, kind: 'linked', examined: seen(examined), to: decision.to };
    case 'suppress': {
      const { suppressions } = decision;
      const reason = isErased(suppressions) ? ERASED : describeSuppressions(suppressions);
      return { ...common, kind: 'suppressed', examined: seen(examined), reason, delivered: null };
    }
    case 'park': {
      const { field, reason } = decision;
      return { ...common, kind: 'parked', examined: seen(examined), errorClass: 'rejected', field, reason };
    }
  }
}

/** A newer attempt has written the record, or done away with it. A number that was never drawn is no newer attempt's. */
async function isSuperseded(
  dependencies: Dependencies,
  { process: name, type, key }: DeliverInput,
  pass: bigint,
): Promise<boolean> {
  const { process } = connectedProcess(dependencies, name);
  const [pair] = await loadPairs(dependencies.orm, detectionOf(dependencies, process, type), [key]);
  if (pair === undefined || pair.record === null) return true;
  const recorded = BigInt(pair.record.pass);
  return recorded > pass && recorded <= (await lastPass(dependencies.orm));
}
