import { findByRemoteId } from '../database/records/find-by-remote-id.ts';
import { isHeld } from '../database/records/missing.ts';
import { SECOND_RECORD } from '../database/records/parked-listings.ts';
import { loadPair } from '../database/records/load-pairs.ts';
import { writeGone } from '../database/records/write-absorption.ts';
import type { Absorption } from '../sync/absorption.ts';
import { compareRemote, isLagging, isRekeyed } from '../sync/compare-remote.ts';
import { hasHash } from '../sync/content-hash.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { givenOutAgain } from '../sync/identity.ts';
import { isHashOf, type KeyedHash } from '../sync/keyed-hash.ts';
import { SyncError } from '../sync/sync-error.ts';
import { changedHands } from '../sync/whose-record.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import type { AbsorbInput } from './absorb-input.ts';
import { absorbConsent } from './absorb-consent.ts';
import { withPairLocks } from './pair-locks.ts';
import { inboundOf, newAttempt, pairContext, type InboundAttempt } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { fetchRemote, linkedEnds, type AbsorbedPair, type LinkedPair } from './fetch-remote.ts';
import { seenListing } from './parked-listings.ts';
import { isReissued } from './row-identity.ts';
import { EmsWasFaster, parkPair, writeAbsorbed } from './write-absorbed.ts';

/** How often an absorption restarts immediately because EMS changed the row meanwhile. */
const ROUNDS_WHEN_EMS_IS_FASTER = 3;

/**
 * The inbound half of a pass: fetches the remote record, compares it with the EMS row and the last known remote state,
 * and writes the changes made only at the remote. Row and record are written in one transaction. Idempotent.
 *
 * @throws SyncError if another attempt may succeed.
 */
export async function absorb(dependencies: Dependencies, input: AbsorbInput): Promise<Absorption> {
  const pair = pairContext(dependencies, input);
  const { consent } = pair.remote;
  if (consent !== undefined) return withPairLocks(pair, () => absorbConsent(pair, consent));
  const context = inboundOf(pair);
  if (context === null) {
    return { key: input.key, kind: 'nothing', reason: 'nothing of it is read back', outboundDue: true };
  }
  for (let round = 0; round < ROUNDS_WHEN_EMS_IS_FASTER; round += 1) {
    try {
      return await absorbOnce({ ...context, ...(await newAttempt(context)) });
    } catch (error) {
      if (!(error instanceof EmsWasFaster)) throw error;
    }
  }
  throw new SyncError('transient', `EMS keeps changing ${input.type}/${input.key} while it is written`, {
    code: 'ems-busy',
  });
}

async function absorbOnce(attempt: InboundAttempt): Promise<Absorption> {
  const { orm, detection, key } = attempt;
  const ends = linkedEnds(await loadPair(orm, detection, key));
  if (ends === null) return { key, kind: 'nothing', reason: 'the pair has not both ends', outboundDue: true };
  const linked = { ...ends, seen: await seenOf(attempt, ends) };
  if (isReissued(attempt, linked.pair)) {
    return parkPair(attempt, linked, { reason: givenOutAgain(attempt), code: 'reissued', reissued: true });
  }
  if (linked.record.reissued === 'anew') {
    return { key, kind: 'nothing', reason: 'the remote record is a former row’s', outboundDue: true };
  }
  const fetched = await fetchRemote(attempt, linked);
  switch (fetched.kind) {
    case 'gone':
      return gone(attempt, linked);
    case 'unclear':
      return parkPair(attempt, linked, fetched);
    case 'read':
      return compare(attempt, linked, fetched.remote);
  }
}

/** Read before the record is fetched, so that what is fetched cannot be older than the listing. */
async function seenOf(
  { orm, ref, source }: InboundAttempt,
  { record, remoteId }: LinkedPair,
): Promise<KeyedHash | null> {
  if (record.state !== 'PARKED') return null;
  return seenListing(orm.em.fork(), { ...ref, remoteId }, source.lag.recordMs);
}

/**
 * Handles a deleted remote record. An EMS edit wins over a remote delete; otherwise the pair is unlinked. The EMS row
 * is never deleted. A record merged into another row's does not count as deleted: creating it again would take from
 * that record what the merge gave it. While a poll holds back many missing records, nothing is unlinked or created
 * again.
 */
async function gone(attempt: InboundAttempt, linked: LinkedPair): Promise<Absorption> {
  const { orm, mapping, key, ref, fencingToken } = attempt;
  const { entity, record, pair } = linked;
  if (await isHeld(orm.em.fork(), { process: ref.process, type: ref.type, kind: 'unlink' })) {
    const reason = `it is gone, as many others are: held (npx ems-sync status)`;
    return { key, kind: 'nothing', reason, outboundDue: false };
  }
  const mapped = mapping.map(entity, pair.sources);
  const undelivered = mapped.kind === 'mapped' && !hasHash(mapped.content, record.contentHash, attempt.keys);
  const edited = undelivered && hasChangedSince({ entity, record }) && (await mergedInto(attempt, linked)) === null;
  await writeGone(orm.em.fork(), { ...ref, fencingToken }, edited ? 'PENDING' : 'UNLINKED');
  return { key, kind: edited ? 'recreate' : 'unlinked', outboundDue: edited };
}

/** The record keeps only hashes, so EMS's current values that still match them are used. */
async function mergedInto(
  { source, inbound, keys, type, key }: InboundAttempt,
  { entity, record, pair, remoteId }: LinkedPair,
): Promise<EntityKey | null> {
  const held = Object.entries(inbound.view(entity, pair.sources)).filter(([field, value]) =>
    isHashOf(record.base?.[field], field, value, keys),
  );
  return (await source.mergedInto?.({ type, remoteId }, key, Object.fromEntries(held))) ?? null;
}

async function compare(attempt: InboundAttempt, linked: AbsorbedPair, remote: RemoteRecord): Promise<Absorption> {
  const { mapping, inbound, source, keys, conflictScope, type, key } = attempt;
  const { entity, record, pair, remoteId } = linked;
  const wasSigned = record.contentHash !== null && source.signed?.includes(type) === true;
  const isNotOurs = changedHands({ key, emsKey: remote.emsKey, wasSigned });
  if (isNotOurs !== null) return parkPair(attempt, linked, { reason: isNotOurs, code: 'changed-hands' });
  const known = { ...record, remoteId };
  if (isRekeyed(remote, known)) {
    const holder = await holderOf(attempt, remote.remoteId);
    if (holder !== null) {
      const reason = `goes on as ${remote.remoteId}, which is ${type}/${holder}'s: decide which row it is (link, unlink)`;
      return parkPair(attempt, linked, { reason, code: SECOND_RECORD, goesOnAs: remote.remoteId });
    }
  } else if (isLagging(remote, known, { lagMs: source.lag.recordMs, keys })) {
    return { key, kind: 'nothing', reason: 'what was read may be older than what is known', outboundDue: false };
  }
  const comparison = compareRemote({
    owners: mapping.owners,
    whenChanged: inbound.whenChanged,
    proposed: (await source.proposals?.(type)) ?? [],
    unsendable: inbound.unsendable(remote.content, entity, pair.sources),
    ems: inbound.view(entity, pair.sources),
    remote: remote.content,
    base: record.base,
    emsChanged: hasChangedSince(linked),
    scope: conflictScope,
    keys,
  });
  return writeAbsorbed(attempt, linked, remote, comparison);
}

/** The other row whose record has this remote id; null if there is none. */
async function holderOf({ orm, ref }: InboundAttempt, remoteId: string): Promise<EntityKey | null> {
  const holder = (await findByRemoteId(orm.em.fork(), ref.process, ref.type, remoteId))?.key ?? null;
  return holder === ref.key ? null : holder;
}

/** Decided by times only: a row created or absorbed from the remote has not changed since. */
function hasChangedSince({ entity, record }: Pick<LinkedPair, 'entity' | 'record'>): boolean {
  return record.entitySyncedOn === null || entity.modifiedOn !== record.entitySyncedOn;
}
