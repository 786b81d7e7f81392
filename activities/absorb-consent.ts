import { liftSuppressions, readSuppressionsOf } from '../database/records/suppression-list.ts';
import { loadPair } from '../database/records/load-pairs.ts';
import type { Absorption } from '../sync/absorption.ts';
import type { SyncRecord } from '../database/records/sync-record.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { isHashOf, type SecretKey } from '../sync/keyed-hash.ts';
import { CHANNELS, covers, describeSuppressions, type Channel, type Suppression } from '../sync/suppression.ts';
import type { ConsentSource, ContactConsent } from '../targets/consent-source.ts';
import type { PairContext } from './context.ts';
import { addressesOf, enterRefusals, hashesOf } from './pair-consent.ts';
import { isReissued } from './row-identity.ts';

/**
 * The inbound half of a pass at a target of which only consent is read: takes what the target knows of the contact's consent
 * into the suppression list. The outbound half then judges what that means for the record. Repeating it is harmless.
 *
 * @throws SyncError for what is worth another attempt.
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
  // The next delivery learns from the target's own answer what that means for the person.
  if (contact === null) return { key, kind: 'nothing', reason: 'the contact is gone', outboundDue: true };
  const refusals = refusalsOf(contact, record, keys);
  const own = addressesOf(mapping, entity);
  const hashes = [...hashesOf(contact.addresses, keys), ...hashesOf(own, keys)];
  const before = await readSuppressionsOf(orm.em.fork(), ref.process, hashes);
  const isNews = refusals.some((refusal) => [...before.values()].every((known) => !covers(known, refusal)));
  const refused = describeSuppressions(refusals) || null;
  if (source.mergesContacts === true && isAnothers(contact, record.remoteId, key)) {
    // What it has refused counts for this person too; that it refuses nothing says nothing about this person.
    await enterRefusals(pair, [own], refusals);
    return { key, kind: 'consent', refused, outboundDue: true, resend: true };
  }
  await enterRefusals(pair, [contact.addresses, own], refusals);
  // A channel that EMS itself has opted out of is not open either: the person has not agreed again.
  const closed = [...contact.refusals.map(({ channel }) => channel), ...(contact.own ?? [])];
  const channels = CHANNELS.filter((channel) => !closed.includes(channel));
  const lifted = await liftSuppressions(orm.em.fork(), ref.process, { key, hashes, channels });
  if (lostOptOuts(contact, record, keys).length > 0)
    return { key, kind: 'consent', refused, outboundDue: true, resend: true };
  // Something was listed beside the contact itself (a complaint), and its record does not say so yet.
  const isListed = before.size > 0;
  if (!isNews && lifted === 0) return { key, kind: 'unchanged', outboundDue: isListed || record.state !== 'IN_SYNC' };
  return { key, kind: 'consent', refused, outboundDue: true };
}

/**
 * Two contacts were merged at the target, which answers our id with the one that is left; or the contact carries another
 * person's EMS id. What it has become, the next delivery finds out.
 */
export function isAnothers({ remoteId, emsKey }: ContactConsent, ours: string, key: EntityKey): boolean {
  return remoteId !== ours || (emsKey !== null && emsKey !== key);
}

/** Channels on which our last write left EMS's opt-out, and the contact has none now. */
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

/** What a contact has refused, without what EMS itself has opted out of. */
export function refusalsOf(
  { refusals, oursIfStored }: ContactConsent,
  record: Pick<SyncRecord, 'base'> | null,
  keys: readonly SecretKey[],
): readonly Suppression[] {
  if (oursIfStored === undefined || record === null) return refusals;
  const [field, value] = oursIfStored;
  return isHashOf(record.base?.[field], field, value, keys) ? [] : refusals;
}
