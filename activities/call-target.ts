import { findByRemoteIds } from '../database/records/find-by-remote-id.ts';
import { keepRemoteId } from '../database/records/keep-remote-id.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { linkRecord } from '../database/records/link-record.ts';
import { ADDRESS_FIELD, normalisedAddress } from '../sync/address-hash.ts';
import { contentHash } from '../sync/content-hash.ts';
import type { Delivery, Evaluated } from '../sync/delivery.ts';
import type { EntityKey, EntityRef } from '../sync/entity-type.ts';
import { ATTEMPTS_BEFORE_FAILING } from '../sync/error-class.ts';
import { baseWith, type Base } from '../sync/keyed-hash.ts';
import type { OutboundDecision } from '../sync/judge-outbound.ts';
import { binding, describeSuppressions, type Suppression } from '../sync/suppression.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { Removed, SendResult } from '../targets/remote-system.ts';
import { mappingOf } from '../targets/sync-process.ts';
import type { DeliverInput } from './deliver-input.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import type { JudgedPair } from './judge-pairs.ts';
import { addressesOf, enterRefusals, pairConsent } from './pair-consent.ts';

/** So often a delivery goes in a bulk call; a call that is too slow for all of them must not keep them from going alone. */
const ATTEMPTS_WITH_OTHERS = 3;

type Call = Extract<OutboundDecision, { kind: 'create' | 'update' | 'remove' }>;

/** What every delivery of one attempt begins with. */
interface Common {
  readonly key: EntityKey;
  readonly fencingToken: string;
}

/** What came of an attempt, and what the target refuses of it: child rows are told by it. */
export interface Called {
  readonly delivery: Delivery;
  readonly refused: readonly Suppression[];
}

/**
 * Does at the target what was judged, and says what came of it.
 *
 * @returns `judge-again`: the record was linked to what the target has already, and the two are to be compared first.
 * @throws SyncError for what is worth another attempt; what can never pass is returned as `parked`.
 */
export async function callTarget(
  dependencies: Dependencies,
  input: DeliverInput,
  fencingToken: bigint,
  decision: Call,
  judged: JudgedPair,
): Promise<Called | 'judge-again'> {
  const refused = judged.suppressions;
  if (decision.kind === 'remove')
    return { delivery: await takeOff(dependencies, input, fencingToken, decision, judged), refused };
  const common = { key: input.key, fencingToken: `${fencingToken}` };
  try {
    return await send(dependencies, input, fencingToken, decision, judged);
  } catch (error) {
    if (!(error instanceof SyncError) || !isFinal(error, input.attempt)) throw error;
    const { errorClass, field = null, message } = error;
    const evaluated = assertEvaluated(judged.evaluated);
    return { delivery: { ...common, kind: 'parked', evaluated, errorClass, field, reason: message }, refused };
  }
}

async function takeOff(
  dependencies: Dependencies,
  input: DeliverInput,
  fencingToken: bigint,
  { remoteId, forget }: Extract<Call, { kind: 'remove' }>,
  { pair, suppressions }: JudgedPair,
): Promise<Delivery> {
  const { process: name, type, key } = input;
  const { process, remote } = connectedProcess(dependencies, name);
  const consent = pairConsent(dependencies, name, mappingOf(process, type), pair, suppressions, fencingToken);
  const removed: Removed =
    (await remote.remove({ type, key, remoteId, fencingToken, ...consent }).catch(keepTrying)) ?? {};
  const { left } = removed;
  // Before the contact is gone or another's: what was refused there stays refused.
  if (left !== undefined) await enterRefusals(dependencies, name, key, [left.addresses], left.refusals);
  const common = { key, fencingToken: `${fencingToken}`, kind: 'removed' } as const;
  if (removed.kept !== true || remoteId === null) return { ...common, forget };
  return { ...common, forget: false, keptAs: remoteId };
}

async function send(
  dependencies: Dependencies,
  input: DeliverInput,
  fencingToken: bigint,
  decision: Extract<Call, { kind: 'create' | 'update' }>,
  judged: JudgedPair,
): Promise<Called | 'judge-again'> {
  const { process: name, type, key, resend: release } = input;
  const { pair, references, suppressions } = judged;
  const { process, remote } = connectedProcess(dependencies, name);
  const mapping = mappingOf(process, type);
  const { content } = decision;
  const remoteId = decision.kind === 'update' ? decision.remoteId : null;
  const consent = pairConsent(dependencies, name, mapping, pair, suppressions, fencingToken);
  const patient = input.patient === true;
  const alone = input.attempt > ATTEMPTS_WITH_OTHERS;
  const request = { type, key, remoteId, content, references, fencingToken, release, patient, alone, ...consent };
  const result = await remote.send(request);
  const common = { key, fencingToken: `${fencingToken}` };
  const evaluated = assertEvaluated(judged.evaluated);
  switch (result.kind) {
    case 'released':
      return { delivery: { ...common, kind: 'released', remoteId: result.remoteId }, refused: suppressions };
    case 'found':
      return linkFound(dependencies, input, { ...common, evaluated }, result.remoteId);
    case 'blocked':
      return { delivery: await blocked(dependencies, input, { ...common, evaluated }, result), refused: suppressions };
    case 'withheld': {
      const { refusals: refused } = result;
      await enterRefusals(dependencies, name, key, [addressesOf(mapping, pair.entity)], refused);
      await keepRemoteId(dependencies.orm, name, type, { key, fencingToken, remoteId: result.remoteId });
      const reason = describeSuppressions(refused);
      return { delivery: { ...common, kind: 'suppressed', evaluated, reason, delivered: null }, refused };
    }
    case 'sent': {
      const refusals = result.refusals ?? [];
      await enterRefusals(dependencies, name, key, [addressesOf(mapping, pair.entity)], refusals);
      const personal = process.remoteIdsArePersonal === true;
      if (personal) await keepRemoteId(dependencies.orm, name, type, { key, fencingToken, remoteId: result.remoteId });
      const known = remoteId === null ? null : (pair.record?.base ?? null);
      const delivered = {
        remoteId: personal ? null : result.remoteId,
        remoteModifiedOn: result.remoteModifiedOn,
        contentHash: contentHash(content),
        ...baseAfter(dependencies, known, result, addressesOf(mapping, pair.entity).email ?? null),
      };
      const refused = stillRefused(binding(refusals, dependencies.consentPolicy), suppressions);
      if (refused.length > 0) {
        const reason = describeSuppressions(refused);
        return { delivery: { ...common, kind: 'suppressed', evaluated, reason, delivered }, refused };
      }
      const kind = decision.kind === 'create' ? 'created' : 'updated';
      const { messages } = result;
      return {
        delivery: { ...common, kind, evaluated, ...delivered, ...(messages === undefined ? {} : { messages }) },
        refused,
      };
    }
  }
}

/** Fields that an answer leaves out are as they were last known; those of a remote record that is made anew are not known. */
function baseAfter(
  { keys }: Dependencies,
  known: Base | null,
  { stored }: Extract<SendResult, { kind: 'sent' }>,
  email: string | null,
): { readonly base?: Base } {
  if (stored === undefined) return {};
  const address = normalisedAddress('email', email);
  return { base: baseWith(known, address === null ? stored : { ...stored, [ADDRESS_FIELD]: address }, keys) };
}

/** What the target says, and what the suppression list held before: the target may have lost that, and was told again. */
function stillRefused(told: readonly Suppression[], before: readonly Suppression[]): readonly Suppression[] {
  return [...told, ...before.filter(({ channel }) => !told.some((one) => one.channel === channel))];
}

/** The target has it already: linked, so that the next attempt compares the two before it sends. */
async function linkFound(
  dependencies: Dependencies,
  input: DeliverInput,
  common: Common & { readonly evaluated: Evaluated },
  remoteId: string,
): Promise<Called | 'judge-again'> {
  const { process, type, key } = input;
  const em = dependencies.orm.em.fork();
  const holder = (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId)?.key ?? key;
  if (holder !== key) {
    const reason = `is found as ${remoteId}, which is ${type}/${holder}'s`;
    const by = [{ type, key: holder }];
    return { delivery: await blocked(dependencies, input, common, { by, field: 'remoteId', reason }), refused: [] };
  }
  await em.transactional((inner) =>
    linkRecord(inner, { process, type, key, remoteId, base: null, remoteSyncedOn: null, entitySyncedOn: null }),
  );
  return 'judge-again';
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
  common: Common & { readonly evaluated: Evaluated },
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

/** @throws Error if there was no such row. */
export function assertEvaluated(evaluated: Evaluated | null): Evaluated {
  if (evaluated === null) throw new Error('an entity that EMS does not have cannot have been judged like this');
  return evaluated;
}
