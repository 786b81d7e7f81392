import { beginAttempts, type Intent } from '../database/records/begin-attempt.ts';
import { findByRemoteIds } from '../database/records/find-by-remote-id.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { drawPass, lastPass, raisePassAbove } from '../database/records/pass-sequence.ts';
import { tieRecord } from '../database/records/tie-record.ts';
import { contentHash } from '../sync/content-hash.ts';
import type { Delivery, Examined } from '../sync/delivery.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import { ATTEMPTS_BEFORE_FAILING } from '../sync/error-class.ts';
import { baseWith, type Base } from '../sync/keyed-hash.ts';
import type { OutboundDecision } from '../sync/judge-outbound.ts';
import { StalePassError, SyncError } from '../sync/sync-error.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { absorb, isReadBack } from './absorb.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import { judgePairs, type JudgedPair } from './judge-pairs.ts';

export interface DeliverInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  /** Send even if the hash is equal, and let go of a value that another entity needs. */
  readonly resend: boolean;
  /** Attempts of this delivery so far, the present one counted. */
  readonly attempt: number;
}

/** How often an attempt is repeated at once because target or records count higher than our (restored) sequence. */
const RAISES = 3;

/**
 * The outbound half of a pass: reads the entity and its record, maps and judges, and brings the target to what EMS holds.
 * What it is about to send is committed first; the result is for `record` to write.
 *
 * @throws SyncError for what is worth another attempt; what can never pass is returned as `parked`.
 */
export async function deliver(dependencies: Dependencies, input: DeliverInput): Promise<Delivery> {
  for (let raises = 0; ; raises += 1) {
    const pass = await drawPass(dependencies.orm);
    try {
      return await attemptDelivery(dependencies, input, pass);
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
  const judged = await judgePairs(orm, process, mappingOf(process, input.type), pairs, input);
  for (const pair of absorbed ? [] : judged) {
    const before = await absorbFirst(dependencies, input, pass, pair);
    if (before === 'judge-again') {
      return attemptDelivery(dependencies, input, await drawPass(orm), { absorbed: true });
    }
    if (before !== null) return before;
  }
  const owned = await beginAttempts(orm, process.name, input.type, pass, judged.flatMap(intentOf(input)));
  const [pair] = judged;
  if (pair === undefined) throw new RangeError(`${input.type}/${input.key} was not loaded`);
  return carryOut(dependencies, input, pass, pair, owned);
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
): Promise<Delivery> {
  const { pair, decision, examined } = judged;
  const common = { key: pair.key, pass: `${pass}` };
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
    case 'park': {
      const { field, reason } = decision;
      return { ...common, kind: 'parked', examined: seen(examined), errorClass: 'rejected', field, reason };
    }
    case 'remove':
    case 'create':
    case 'update':
      if (!owned.has(pair.key)) return { ...common, kind: 'superseded' };
      return callTarget(dependencies, input, pass, decision, judged);
  }
}

async function callTarget(
  dependencies: Dependencies,
  input: DeliverInput,
  pass: bigint,
  decision: Extract<OutboundDecision, { kind: 'create' | 'update' | 'remove' }>,
  { pair, examined, references }: JudgedPair,
): Promise<Delivery> {
  const { type, key } = input;
  const { remote } = connectedProcess(dependencies, input.process);
  const common = { key, pass: `${pass}` };
  if (decision.kind === 'remove') {
    const kept = await remote.remove({ type, key, remoteId: decision.remoteId, pass }).catch(keepTrying);
    if (kept === undefined || decision.remoteId === null) {
      return { ...common, kind: 'removed', forget: decision.forget };
    }
    return { ...common, kind: 'removed', forget: false, keptAs: decision.remoteId };
  }
  const remoteId = decision.kind === 'update' ? decision.remoteId : null;
  // Fields that an answer leaves out are as they were last known; those of a remote record that is made anew are not known.
  const known: Base | null = remoteId === null ? null : (pair.record?.base ?? null);
  try {
    const { content } = decision;
    const result = await remote.send({ type, key, remoteId, content, references, pass, giveWay: input.resend });
    switch (result.kind) {
      case 'gave-way':
        return { ...common, kind: 'gave-way', remoteId: result.remoteId };
      case 'found':
        return await tieFound(dependencies, input, { ...common, examined: seen(examined) }, result.remoteId);
      case 'blocked':
        return await blocked(dependencies, input, { ...common, examined: seen(examined) }, result);
      case 'withheld':
        throw new Error('to be written');
      case 'sent':
        return {
          ...common,
          kind: decision.kind === 'create' ? 'created' : 'updated',
          examined: seen(examined),
          remoteId: result.remoteId,
          remoteModifiedOn: result.remoteModifiedOn,
          contentHash: contentHash(decision.content),
          ...(result.stored === undefined ? {} : { base: baseWith(known, result.stored, dependencies.keys) }),
          ...(result.messages === undefined ? {} : { messages: result.messages }),
        };
    }
  } catch (error) {
    if (!(error instanceof SyncError) || !isFinal(error, input.attempt)) throw error;
    const { errorClass, field = null, message } = error;
    return { ...common, kind: 'parked', examined: seen(examined), errorClass, field, reason: message };
  }
}

/** The target has it already: tied, so that the next attempt compares the two before it sends. */
async function tieFound(
  dependencies: Dependencies,
  input: DeliverInput,
  common: { readonly key: EntityKey; readonly pass: string; readonly examined: Examined },
  remoteId: string,
): Promise<Delivery> {
  const { process, type, key } = input;
  const em = dependencies.orm.em.fork();
  const holder = (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId)?.key ?? key;
  if (holder !== key) {
    const reason = `is found as ${remoteId}, which is ${type}/${holder}'s`;
    return blocked(dependencies, input, common, { by: [{ type, key: holder }], field: 'remoteId', reason });
  }
  await em.transactional((inner) =>
    tieRecord(inner, { process, type, key, remoteId, base: null, remoteSyncedOn: null, entitySyncedOn: null }),
  );
  return attemptDelivery(dependencies, input, await drawPass(dependencies.orm));
}

/** There is no content that could change so that a refused removal passes: it is tried on, and shown as failing. */
function keepTrying(error: unknown): never {
  if (!(error instanceof SyncError) || error.errorClass !== 'rejected') throw error;
  throw new SyncError('transient', error.message, { code: error.code, cause: error });
}

/** A contract error may be a passing fault of the target; five in a row are not. */
function isFinal(error: SyncError, attempt: number): boolean {
  return error.errorClass === 'rejected' || (error.errorClass === 'contract' && attempt >= ATTEMPTS_BEFORE_FAILING);
}

/** Whoever blocks us is asked to send again, if it is one of ours; a stranger at the target is for a human. */
async function blocked(
  dependencies: Dependencies,
  input: DeliverInput,
  common: { readonly key: EntityKey; readonly pass: string; readonly examined: Examined },
  { by, field, reason }: { readonly by: readonly EntityRef[]; readonly field: string; readonly reason: string },
): Promise<Delivery> {
  const { process } = connectedProcess(dependencies, input.process);
  const known: EntityRef[] = [];
  for (const ref of by) {
    const [pair] = await loadPairs(dependencies.orm, detectionOf(dependencies, process, ref.type), [ref.key]);
    const itself = ref.type === input.type && ref.key === input.key;
    if (!itself && pair !== undefined && (pair.entity !== null || pair.record !== null)) known.push(ref);
  }
  return known.length > 0
    ? { ...common, kind: 'blocked', by: known, field, reason }
    : { ...common, kind: 'parked', errorClass: 'rejected', field, reason: `${reason}, which EMS does not know` };
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

function seen(examined: Examined | null): Examined {
  if (examined === null) throw new Error('an entity that EMS does not have cannot have been judged like this');
  return examined;
}
