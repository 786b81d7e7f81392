import { beginAttempt } from '../database/records/begin-attempt.ts';
import { forgetValues, writeReceipt } from '../database/records/erasure.ts';
import { loadPair, type Pair } from '../database/records/load-pairs.ts';
import type { Person } from '../database/entities/index.ts';
import type { Addresses } from '../sync/address-hash.ts';
import type { Delivery } from '../sync/delivery.ts';
import { givenOutAgain } from '../sync/identity.ts';
import { StaleTokenError, SyncError } from '../sync/sync-error.ts';
import type { Channel } from '../sync/suppression.ts';
import { personAddresses } from '../targets/person-addresses.ts';
import type { Erased, Removed } from '../targets/remote-system.ts';
import { childrenOfPair } from './children.ts';
import type { Attempt } from './context.ts';
import { blockedByDependents, type BlockedByDependents } from './dependents.ts';
import { evaluatedOf } from './judge-pairs.ts';
import { addressesOf, enterRefusals, pairConsent } from './pair-consent.ts';
import { isReissued } from './row-identity.ts';

/**
 * One attempt to erase a row at the target with its strongest deletion. Adds the row's addresses to the suppression
 * list, deletes values that lost conflicts, and writes a receipt. EMS's row is not changed. Idempotent.
 *
 * @throws SyncError if another attempt may succeed.
 */
export async function eraseRemote(attempt: Attempt): Promise<Delivery> {
  const { orm, detection, key, ref, fencingToken, workflowId } = attempt;
  const pair = await loadPair(orm, detection, key);
  const recorded = BigInt(pair.record?.fencingToken ?? 0);
  if (recorded > fencingToken) throw new StaleTokenError(recorded);
  // The target's record belongs to a former row. Keep retrying until an operator has decided.
  if (isReissued(attempt, pair)) throw new SyncError('transient', givenOutAgain(attempt), { code: 'reissued' });
  await beginAttempt(orm, ref, { fencingToken, state: 'PENDING', workflowId });

  const evaluated = evaluatedOf(attempt, pair);
  const erased = await eraseOwn(attempt, pair);
  if ('blocked' in erased) return { key, fencingToken: `${fencingToken}`, evaluated, ...erased.blocked };
  await orm.em.fork().transactional(async (em) => {
    await forgetValues(em, ref);
    await writeReceipt(em, ref, erased);
  });
  const children = pair.entity === null ? [] : await childrenOfPair(attempt, { pair, refused: [] });
  return { key, fencingToken: `${fencingToken}`, kind: 'erased', evaluated, outcome: erased.outcome, children };
}

/** Other records at the target refer to it and are asked to go first. */
interface Blocked {
  readonly blocked: BlockedByDependents;
}

const ERASED_EVERYWHERE = (['email', 'sms'] satisfies Channel[]).map((channel) => ({
  channel,
  reason: 'erased' as const,
}));

/** A shared contact is not erased with this row, because it belongs to another person. */
async function eraseOwn(attempt: Attempt, pair: Pair): Promise<Erased | Blocked> {
  const { record } = pair;
  if (record?.state === 'SHARED') {
    const detail = `shares the record of ${attempt.type}/${record.sharedWith}, which stays`;
    return { outcome: 'absent', detail, addresses: [] };
  }
  const addresses = knownAddresses(attempt, pair);
  const erased = await eraseAtTarget(attempt, pair, addresses);
  if ('blocked' in erased) return erased;
  const others = erased.addresses.map(([channel, address]): Addresses => ({ [channel]: address }));
  await enterRefusals(attempt, [addresses, ...others], ERASED_EVERYWHERE);
  return erased;
}

async function eraseAtTarget(attempt: Attempt, pair: Pair, addresses: Addresses): Promise<Erased | Blocked> {
  const { process, remote, type, key, fencingToken } = attempt;
  const remoteId = pair.record?.remoteId ?? null;
  const request = { type, key, remoteId, fencingToken, ...pairConsent(attempt, pair, []) };
  if (remote.erase !== undefined) return remote.erase({ ...request, addresses });
  const removed: Removed = (await remote.remove(request)) ?? {};
  if (removed.dependents !== undefined) return { blocked: await blockedByDependents(attempt, removed.dependents) };
  return removed.kept === true
    ? { outcome: 'kept', detail: `${process.name} deletes no ${type}: ask its operator`, addresses: [] }
    : { outcome: 'erased', detail: 'deleted', addresses: [] };
}

/** Also for a mapping without consent, because a target that is read back must not reintroduce the address. */
function knownAddresses({ mapping, type }: Attempt, { entity }: Pair): Addresses {
  const declared = addressesOf(mapping, entity);
  if (type !== 'Person' || entity === null) return declared;
  return { ...personAddresses(entity as Person), ...declared };
}
