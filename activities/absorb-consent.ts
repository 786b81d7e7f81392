import { liftSuppressions, readSuppressionsOf } from '../database/records/suppression-list.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import type { Absorption } from '../sync/absorption.ts';
import type { SyncRecord } from '../database/records/sync-record.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { isHashOf } from '../sync/keyed-hash.ts';
import { CHANNELS, covers, describeSuppressions, type Channel, type Suppression } from '../sync/suppression.ts';
import type { ConsentSource, ContactConsent } from '../targets/consent-source.ts';
import type { AbsorbInput } from './absorb-input.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import { addressesOf, enterRefusals, hashesOf } from './pair-consent.ts';
import { mappingOf } from '../targets/sync-process.ts';

/**
 * The inbound half of a pass at a target that is else only written to: reads what the target knows of the contact's consent
 * into the suppression list. What the record becomes of it, the outbound half judges. Repeating it is harmless.
 *
 * @throws SyncError for what is worth another attempt.
 */
export async function absorbConsent(
  dependencies: Dependencies,
  source: ConsentSource,
  { process: name, type, key }: AbsorbInput,
): Promise<Absorption> {
  const { process } = connectedProcess(dependencies, name);
  const [pair] = await loadPairs(dependencies.orm, detectionOf(dependencies, process, type), [key]);
  const record = pair?.record ?? null;
  if (record === null || record.remoteId === null || record.state === 'ERASED') {
    return { key, kind: 'nothing', reason: 'no contact of ours', outboundDue: true };
  }
  const contact = await source.fetch(record.remoteId);
  // Gone: what that means for the person, the next delivery learns from the target's own answer.
  if (contact === null) return { key, kind: 'nothing', reason: 'the contact is gone', outboundDue: true };
  const refusals = refusalsOf(contact, record, dependencies);
  const own = addressesOf(mappingOf(process, type), pair?.entity ?? null);
  const hashes = [...hashesOf(contact.addresses, dependencies.keys), ...hashesOf(own, dependencies.keys)];
  const before = await readSuppressionsOf(dependencies.orm.em.fork(), name, hashes);
  const isNews = refusals.some((refusal) => [...before.values()].every((known) => !covers(known, refusal)));
  const refused = describeSuppressions(refusals) || null;
  if (source.mergesContacts === true && isAnothers(contact, record.remoteId, key)) {
    // What it has refused counts for this person too; that it refuses nothing says nothing about this person.
    await enterRefusals(dependencies, name, key, [own], refusals);
    return { key, kind: 'consent', refused, outboundDue: true, resend: true };
  }
  await enterRefusals(dependencies, name, key, [contact.addresses, own], refusals);
  // Where EMS itself has opted out, the person has not said yes either.
  const closed = [...contact.refusals.map(({ channel }) => channel), ...(contact.own ?? [])];
  const open = CHANNELS.filter((channel) => !closed.includes(channel));
  const lifted = await liftSuppressions(dependencies.orm.em.fork(), name, key, hashes, open);
  if (lostOptOuts(contact, record, dependencies).length > 0)
    return { key, kind: 'consent', refused, outboundDue: true, resend: true };
  if (!isNews && lifted === 0) return { key, kind: 'unchanged', outboundDue: record.state !== 'IN_SYNC' };
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
  { keys }: Pick<Dependencies, 'keys'>,
): readonly Channel[] {
  if (own === undefined) return [];
  return CHANNELS.filter((channel) => {
    const field = `optedOut.${channel}`;
    const stands = own.includes(channel) || refusals.some((refusal) => refusal.channel === channel);
    return !stands && isHashOf(record.base?.[field], field, true, keys);
  });
}

/** What a contact has refused, but for what EMS itself has opted out of. */
export function refusalsOf(
  { refusals, oursIfStored }: ContactConsent,
  record: Pick<SyncRecord, 'base'> | null,
  { keys }: Pick<Dependencies, 'keys'>,
): readonly Suppression[] {
  if (oursIfStored === undefined || record === null) return refusals;
  const [field, value] = oursIfStored;
  return isHashOf(record.base?.[field], field, value, keys) ? [] : refusals;
}
