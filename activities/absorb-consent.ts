import { liftSuppressions, readSuppressionsOf } from '../database/records/suppression-list.ts';
import { loadPair } from '../database/records/load-pairs.ts';
import type { Absorption } from '../sync/absorption.ts';
import type { SyncRecord } from '../database/records/sync-record.ts';
import { hashesOf } from '../sync/address-hash.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { isHashOf, type SecretKey } from '../sync/keyed-hash.ts';
import { CHANNELS, covers, describeSuppressions, type Channel, type Suppression } from '../sync/suppression.ts';
import type { ConsentSource, ContactConsent } from '../targets/consent-source.ts';
import type { PairContext } from './context.ts';
import { addressesOf, enterRefusals } from './pair-consent.ts';
import { isReissued } from './row-identity.ts';

/**
 * The inbound half of a pass at a target that is read only for consent: copies the contact's consent at the target into
 * the suppression list. The outbound half then decides what that means for the record. Idempotent.
 *
 * @throws SyncError if another attempt may succeed.
 */
export async function absorbConsent(pair: PairContext, source: ConsentSource): Promise<Absorption> {
  const { orm, keys, detection, mapping, key, ref } = pair;
  const loaded = await loadPair(orm, detection, key);
  const { entity, record } = loaded;
  if (record === null || record.remoteId === null || record.state === 'ERASED') {
    return { key, kind: 'nothing', reason: 'no contact of ours', outboundDue: true };
  }
  if (record.reissued !== null || isReissued(pair, loaded)) {
    return { key, kind: 'nothing', reason: 'the contact is a former row’s', outboundDue: true };
  }
  const contact = await source.fetch(record.remoteId);
  // The contact is gone. The next delivery decides what that means for the person, from the target's answer.
  if (contact === null) return { key, kind: 'nothing', reason: 'the contact is gone', outboundDue: true };
  const refusals = refusalsOf(contact, record, keys);
  const own = addressesOf(mapping, entity);
  const hashes = [...hashesOf(contact.addresses, keys), ...hashesOf(own, keys)];
  const before = await readSuppressionsOf(orm.em.fork(), ref.process, hashes);
  const isNews = refusals.some((refusal) => [...before.values()].every((known) => !covers(known, refusal)));
  const refused = describeSuppressions(refusals) || null;
  if (source.mergesContacts === true && isAnothers(contact, record.remoteId, key)) {
    // The refusals of this contact also apply to this person, but the absence of refusals proves nothing.
    await enterRefusals(pair, [own], refusals);
    return { key, kind: 'consent', refused, outboundDue: true, resend: true };
  }
  await enterRefusals(pair, [contact.addresses, own], refusals);
  // A channel with EMS's own opt-out is not lifted either: the person has not agreed again.
  const closed = [...contact.refusals.map(({ channel }) => channel), ...(contact.own ?? [])];
  const channels = isToBeTold(record) ? [] : CHANNELS.filter((channel) => !closed.includes(channel));
  const lifted = await liftSuppressions(orm.em.fork(), ref.process, { key, hashes, channels });
  if (lostOptOuts(contact, record, keys).length > 0)
    return { key, kind: 'consent', refused, outboundDue: true, resend: true };
  // An entry was found in another list (a complaint), and the contact's record does not show it yet.
  const isListed = before.size > 0;
  if (!isNews && lifted === 0) return { key, kind: 'unchanged', outboundDue: isListed || record.state !== 'IN_SYNC' };
  return { key, kind: 'consent', refused, outboundDue: true };
}

/**
 * The target was restored from a backup, and an operator has said that it must be told all again (docs/operating.md): our
 * record does not say that it has the address. Until it was told, a refusal that it does not show is one that it has lost,
 * and not one that was lifted there.
 */
const isToBeTold = ({ state, base }: Pick<SyncRecord, 'state' | 'base'>): boolean =>
  state === 'PENDING' && base !== null && !Object.hasOwn(base, 'email');

/**
 * The target merged two contacts and returns the remaining one for our id, or the contact has another person's EMS id.
 * The next delivery finds out what became of our contact.
 */
export function isAnothers({ remoteId, emsKey }: ContactConsent, ours: string, key: EntityKey): boolean {
  return remoteId !== ours || (emsKey !== null && emsKey !== key);
}

/** Channels on which our last write left EMS's opt-out and that the contact no longer refuses. */
export function lostOptOuts(
  { own, refusals }: ContactConsent,
  record: Pick<SyncRecord, 'base'>,
  keys: readonly SecretKey[],
): readonly Channel[] {
  if (own === undefined) return [];
  return CHANNELS.filter((channel) => {
    const field = `optedOut.${channel}`;
    const stands = own.includes(channel) || refusals.some((refusal) => refusal.channel === channel);
    return !stands && isHashOf(record.base?.[field], field, true, keys);
  });
}

/** A contact's refusals, except EMS's own opt-outs. */
export function refusalsOf(
  { refusals, oursIfStored }: ContactConsent,
  record: Pick<SyncRecord, 'base'> | null,
  keys: readonly SecretKey[],
): readonly Suppression[] {
  if (oursIfStored === undefined || record === null) return refusals;
  const [field, value] = oursIfStored;
  return isHashOf(record.base?.[field], field, value, keys) ? [] : refusals;
}
