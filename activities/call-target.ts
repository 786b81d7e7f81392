import { noteBlocked } from '../database/records/blocking.ts';
import { findByRemoteId } from '../database/records/find-by-remote-id.ts';
import { keepRemoteId } from '../database/records/keep-remote-id.ts';
import { loadPair, type Pair } from '../database/records/load-pairs.ts';
import { linkRecord } from '../database/records/link-record.ts';
import { keepReissued } from '../database/records/reissued.ts';
import { ADDRESS_FIELD, normalisedAddress } from '../sync/address-hash.ts';
import type { FieldValue } from '../sync/canonical-form.ts';
import { contentHash, type Content } from '../sync/content-hash.ts';
import type { Delivery, Evaluated } from '../sync/delivery.ts';
import { formatRef, type EntityKey, type EntityRef } from '../sync/entity-type.ts';
import { ATTEMPTS_BEFORE_FAILING } from '../sync/error-class.ts';
import { looksEqual } from '../sync/looks-equal.ts';
import { baseWith, type Base, type SecretKey } from '../sync/keyed-hash.ts';
import { givenOutAgain } from '../sync/identity.ts';
import type { OutboundDecision } from '../sync/judge-outbound.ts';
import { binding, describeSuppressions, type Suppression } from '../sync/suppression.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { Removed, SendResult } from '../targets/remote-system.ts';
import { otherPair, type Attempt, type TypeContext } from './context.ts';
import { keepTrying } from './keep-trying.ts';
import type { DeliverInput } from './deliver-input.ts';
import { doOthersWell } from './do-others-well.ts';
import { blockedByDependents } from './dependents.ts';
import { assertEvaluated, judgePair, type JudgedPair } from './judge-pairs.ts';
import { addressesOf, enterRefusals, pairConsent } from './pair-consent.ts';
import { wasBegun } from './row-identity.ts';

/** How many attempts may use a bulk call. Later ones are sent alone, in case the bulk call itself is too slow. */
const ATTEMPTS_WITH_OTHERS = 3;

export type Call = Extract<OutboundDecision, { kind: 'create' | 'update' | 'remove' }>;

/** The properties common to every delivery of one attempt. */
interface Common {
  readonly key: EntityKey;
  readonly fencingToken: string;
}

/** The result of an attempt, and the target's refusals, by which its child rows are judged. */
export interface Called {
  readonly delivery: Delivery;
  readonly refused: readonly Suppression[];
}

const commonOf = ({ key, fencingToken }: Attempt): Common => ({ key, fencingToken: `${fencingToken}` });

/**
 * Executes the decision at the target.
 *
 * @throws SyncError if another attempt may succeed; permanent failures are returned as `parked`.
 */
export async function callTarget(
  attempt: Attempt,
  input: DeliverInput,
  decision: Call,
  judged: JudgedPair,
): Promise<Called> {
  const refused = judged.suppressions;
  if (decision.kind === 'remove') return { delivery: await takeOff(attempt, decision, judged), refused };
  try {
    return await send(attempt, input, decision, judged);
  } catch (error) {
    if (!(error instanceof SyncError) || !isFinal(error, input.attempt)) throw error;
    if (error.errorClass === 'contract' && !(await doOthersWell(attempt, judged))) throw error;
    const { errorClass, field = null, message, code } = error;
    const evaluated = assertEvaluated(judged.evaluated);
    return {
      delivery: { ...commonOf(attempt), kind: 'parked', evaluated, errorClass, field, reason: message, code },
      refused,
    };
  }
}

async function takeOff(
  attempt: Attempt,
  { remoteId, forget }: Extract<Call, { kind: 'remove' }>,
  { pair, suppressions, evaluated }: JudgedPair,
): Promise<Delivery> {
  const { remote, type, key, fencingToken } = attempt;
  const addresses = addressesOf(attempt.mapping, pair.entity);
  const request = { type, key, remoteId, fencingToken, addresses, ...pairConsent(attempt, pair, suppressions) };
  const removed: Removed = (await remote.remove(request).catch(keepTrying)) ?? {};
  if (removed.dependents !== undefined) {
    return { ...commonOf(attempt), evaluated, ...(await blockedByDependents(attempt, removed.dependents)) };
  }
  const { left } = removed;
  // The contact is gone or belongs to another person now, but its refusals must be kept.
  if (left !== undefined) await enterRefusals(attempt, [left.addresses], left.refusals);
  const common = { ...commonOf(attempt), kind: 'removed' } as const;
  if (removed.kept !== true || remoteId === null) return { ...common, forget };
  return { ...common, forget: false, keptAs: remoteId };
}

async function send(
  attempt: Attempt,
  input: DeliverInput,
  decision: Extract<Call, { kind: 'create' | 'update' }>,
  judged: JudgedPair,
): Promise<Called> {
  const { remote, type, key, fencingToken } = attempt;
  const { pair, references, suppressions } = judged;
  const result = await remote.send({
    type,
    key,
    fencingToken,
    references,
    remoteId: decision.kind === 'update' ? decision.remoteId : null,
    content: decision.content,
    release: input.resend,
    begun: wasBegun(attempt, pair),
    patient: input.patient === true,
    alone: input.attempt > ATTEMPTS_WITH_OTHERS,
    ...pairConsent(attempt, pair, suppressions),
  });
  const common = { ...commonOf(attempt), evaluated: assertEvaluated(judged.evaluated) };
  switch (result.kind) {
    case 'released':
      return { delivery: { ...common, kind: 'released', remoteId: result.remoteId }, refused: suppressions };
    case 'found':
      return { delivery: await linkFound(attempt, common, result.remoteId), refused: suppressions };
    case 'another':
      return { delivery: await another(attempt, common, result.remoteId), refused: suppressions };
    case 'blocked':
      return {
        delivery: await blocked(attempt, { ...common, content: decision.content }, result),
        refused: suppressions,
      };
    case 'withheld':
      return withheld(attempt, judged, result);
    case 'sent':
      return sent(attempt, decision, judged, result);
  }
}

async function withheld(
  attempt: Attempt,
  { pair, evaluated }: JudgedPair,
  { remoteId, refusals }: Extract<SendResult, { kind: 'withheld' }>,
): Promise<Called> {
  const { orm, mapping, ref, key, fencingToken } = attempt;
  await enterRefusals(attempt, [addressesOf(mapping, pair.entity)], refusals);
  await keepRemoteId(orm, ref.process, ref.type, { key, fencingToken, remoteId });
  const delivery: Delivery = {
    ...commonOf(attempt),
    kind: 'suppressed',
    evaluated: assertEvaluated(evaluated),
    reason: describeSuppressions(refusals),
    delivered: null,
  };
  return { delivery, refused: refusals };
}

async function sent(
  attempt: Attempt,
  decision: Extract<Call, { kind: 'create' | 'update' }>,
  { pair, evaluated, suppressions }: JudgedPair,
  result: Extract<SendResult, { kind: 'sent' }>,
): Promise<Called> {
  const { orm, process, mapping, type, key, fencingToken } = attempt;
  const refusals = result.refusals ?? [];
  const addresses = addressesOf(mapping, pair.entity);
  const { formerAddresses } = result;
  await enterRefusals(attempt, formerAddresses === undefined ? [addresses] : [addresses, formerAddresses], refusals);
  const personal = process.remoteIdsArePersonal === true;
  if (personal) await keepRemoteId(orm, process.name, type, { key, fencingToken, remoteId: result.remoteId });
  const delivered = {
    ...confirmed(attempt, { pair, decision }, result),
    ...(personal ? { remoteId: null } : {}),
  };
  const common = { ...commonOf(attempt), evaluated: assertEvaluated(evaluated) };
  const refused = stillRefused(binding(refusals, attempt.consentPolicy), suppressions);
  if (refused.length > 0) {
    const reason = describeSuppressions(refused);
    return { delivery: { ...common, kind: 'suppressed', reason, delivered }, refused };
  }
  const kind = decision.kind === 'create' ? 'created' : 'updated';
  const { messages } = result;
  return { delivery: { ...common, kind, ...delivered, ...(messages === undefined ? {} : { messages }) }, refused };
}

/** What the record keeps of a confirmed result. */
export function confirmed(
  { keys, mapping }: Pick<TypeContext, 'keys' | 'mapping'>,
  { pair, decision }: { readonly pair: Pair; readonly decision: Extract<Call, { kind: 'create' | 'update' }> },
  result: Extract<SendResult, { kind: 'sent' }>,
) {
  const known = decision.kind === 'create' ? null : (pair.record?.base ?? null);
  const { email = null } = addressesOf(mapping, pair.entity);
  const { remoteId, remoteModifiedOn } = result;
  const hash = contentHash(decision.content, keys);
  return { remoteId, remoteModifiedOn, contentHash: hash, ...baseAfter(keys, known, { ...result, email }) };
}

/** Fields missing in the answer keep their last known value; for a new remote record they are unknown. */
function baseAfter(
  keys: readonly SecretKey[],
  known: Base | null,
  { stored, email }: Pick<Extract<SendResult, { kind: 'sent' }>, 'stored'> & { readonly email: string | null },
): { readonly base?: Base } {
  if (stored === undefined) return {};
  const address = normalisedAddress('email', email);
  return { base: baseWith(known, address === null ? stored : { ...stored, [ADDRESS_FIELD]: address }, keys) };
}

/** The target's refusals plus those of the suppression list, which the target may have lost. */
function stillRefused(told: readonly Suppression[], before: readonly Suppression[]): readonly Suppression[] {
  return [...told, ...before.filter(({ channel }) => !told.some((one) => one.channel === channel))];
}

/** The target already has the record: link the pair, and compare before anything is sent. */
async function linkFound(
  attempt: Attempt,
  common: Common & { readonly evaluated: Evaluated },
  remoteId: string,
): Promise<Delivery> {
  const { process, type, key } = attempt.ref;
  const em = attempt.orm.em.fork();
  const holder = (await findByRemoteId(em, process, type, remoteId))?.key ?? key;
  if (holder !== key) {
    const reason = `is found as ${remoteId}, which is ${type}/${holder}'s`;
    return blocked(attempt, { ...common, content: {} }, { by: [{ type, key: holder }], field: 'remoteId', reason });
  }
  await em.transactional((inner) =>
    linkRecord(inner, { ...attempt.ref, remoteId, base: null, remoteSyncedOn: null, entitySyncedOn: null }),
  );
  return { ...commonOf(attempt), kind: 'absorb-first' };
}

/** The target's record with the row's EMS id belongs to another row: an operator must decide. */
async function another(
  attempt: Attempt,
  common: Common & { readonly evaluated: Evaluated },
  remoteId: string,
): Promise<Delivery> {
  const { orm, ref, fencingToken } = attempt;
  await orm.em.fork().transactional((em) => keepReissued(em, ref, { remoteId, fencingToken }));
  const reason = givenOutAgain(attempt);
  return { ...common, kind: 'parked', errorClass: 'rejected', field: null, reason, code: 'reissued', reissued: true };
}

/**
 * A contract error may be a temporary fault of the target. Five in a row are permanent, if other pairs succeed
 * meanwhile.
 */
function isFinal(error: SyncError, attempt: number): boolean {
  return error.errorClass === 'rejected' || (error.errorClass === 'contract' && attempt >= ATTEMPTS_BEFORE_FAILING);
}

/**
 * EMS rows that block this one are sent again, because they may release the value. A row that is in sync and wants the
 * same value never will: the target treats the two values as equal, EMS does not, and a human must change one. The same
 * goes for a record at the target that EMS does not know.
 */
async function blocked(
  attempt: Attempt,
  { content, ...common }: Common & { readonly evaluated: Evaluated; readonly content: Content },
  {
    by,
    field,
    reason,
    code = 'value-taken',
  }: Pick<Extract<SendResult, { kind: 'blocked' }>, 'by' | 'field' | 'reason' | 'code'>,
): Promise<Delivery> {
  const known: EntityRef[] = [];
  for (const ref of by) {
    const itself = ref.type === attempt.type && ref.key === attempt.key;
    const other = otherPair(attempt, ref);
    const pair = await loadPair(other.orm, other.detection, other.key);
    if (itself || (pair.entity === null && pair.record === null)) continue;
    if (ref.type === attempt.type && (await claims(other, pair, { field, value: content[field] }))) {
      const both = `${reason}, to which it is the same: change it in ${formatRef(ref)} or in ${formatRef(attempt)}`;
      const parked = { ...common, kind: 'parked', errorClass: 'rejected', field, reason: both, code } as const;
      return { ...parked, for: formatRef(ref) };
    }
    known.push(ref);
  }
  const [first] = known;
  if (first !== undefined) {
    const { orm, fencingToken } = attempt;
    await noteBlocked(orm, attempt.ref, { fencingToken, by: formatRef(first) });
  }
  return known.length > 0
    ? { ...common, kind: 'blocked', by: known, field, reason }
    : { ...common, kind: 'parked', errorClass: 'rejected', field, reason: `${reason}, which EMS does not know`, code };
}

/** Whether another pair is in sync with a value that the target may treat as equal to this one. */
async function claims(
  context: TypeContext,
  pair: Pair,
  { field, value }: { readonly field: string; readonly value: FieldValue },
): Promise<boolean> {
  const { decision } = await judgePair(context, pair);
  if (decision.kind !== 'unchanged' || pair.entity === null) return false;
  const mapped = context.mapping.map(pair.entity, pair.sources);
  return mapped.kind === 'mapped' && looksEqual(mapped.content[field], value);
}
