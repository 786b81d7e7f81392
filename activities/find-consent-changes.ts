import { findByRemoteIds, type KnownRemote } from '../database/records/find-by-remote-id.ts';
import { enterSuppressions, readSuppressionsOf } from '../database/records/suppression-list.ts';
import type { EntityRef } from '../sync/entity-type.ts';
import type { SyncState } from '../sync/sync-state.ts';
import { covers, type Suppression } from '../sync/suppression.ts';
import type { ConsentSource, ContactConsent } from '../targets/consent-source.ts';
import { isAnothers, lostOptOuts, refusalsOf } from './absorb-consent.ts';
import type { Dependencies } from './dependencies.ts';
import type { ChangedPage, FindChangedInput } from './changed-page.ts';
import { hashesOf } from './pair-consent.ts';

/**
 * The next page of consent at a target that is else only written to. Contacts of ours whose consent differs from the suppression list get
 * a pass of their pair; of strangers the refusals go into the suppression list at once, so that they hold when EMS comes to know the
 * address. That a stranger was put away does not: most often we did it ourselves, when the person had left EMS. Nothing of a contact leaves this activity but the key of its pair.
 *
 * @throws SyncError if the page cannot be read.
 */
export async function findConsentChanges(
  dependencies: Dependencies,
  source: ConsentSource,
  { process, type, scope, page }: FindChangedInput,
  since: string | null,
): Promise<ChangedPage> {
  const em = dependencies.orm.em.fork();
  const { contacts, malformed, next, seenUpTo } = await source.list({ scope, since, page });
  const known = await findByRemoteIds(
    em,
    process,
    type,
    contacts.map(({ remoteId }) => remoteId),
  );
  const hashed = contacts.map((contact) => ({ contact, hashes: hashesOf(contact.addresses, dependencies.keys) }));
  const listed = await readSuppressionsOf(
    em,
    process,
    hashed.flatMap(({ hashes }) => hashes),
  );
  const pairs: EntityRef[] = [];
  const strangers: ContactConsent[] = [];
  for (const { contact, hashes } of hashed) {
    const record = known.get(contact.remoteId);
    const refusals = refusalsOf(contact, record ?? null, dependencies);
    const held = hashes.flatMap((hash) => listed.get(hash) ?? []);
    if (record === undefined || record.key === null) {
      const lasting = refusals.filter(({ reason }) => reason !== 'archived');
      if (!isHeld(lasting, held)) strangers.push({ ...contact, refusals: lasting });
    } else if (source.mergesContacts === true && isAnothers(contact, record.remoteId, record.key)) {
      // Merged, perhaps: both persons look whose it is, once.
      if (AT_REST.includes(record.state))
        for (const key of [record.key, contact.emsKey]) if (key !== null) pairs.push({ type, key });
    } else if (
      differs({ refusals, told: contact.refusals }, held, record) ||
      (AT_REST.includes(record.state) && lostOptOuts(contact, record, dependencies).length > 0)
    ) {
      pairs.push({ type, key: record.key });
    }
  }
  await enterSuppressions(
    em,
    process,
    strangers.flatMap((stranger) => linesOf(stranger, dependencies)),
  );
  return { listed: contacts.length, pairs, unknown: [], malformed, next, seenUpTo };
}

/** States in which a pair is done with; one that waits or is parked has been looked at already. */
const AT_REST: readonly SyncState[] = ['IN_SYNC', 'SUPPRESSED'];

/**
 * Whether the pair has to look: something is refused that the suppression list does not hold, or the other way round.
 *
 * @param told with what EMS itself has opted out of: as long as that stands, nothing is lifted.
 */
function differs(
  { refusals, told }: { readonly refusals: readonly Suppression[]; readonly told: readonly Suppression[] },
  held: readonly Suppression[],
  record: KnownRemote,
): boolean {
  if (record.state === 'REMOVED' || record.state === 'ERASED') return false;
  if (!isHeld(refusals, held)) return true;
  const lifted = held.some(
    ({ channel, reason }) => reason !== 'erased' && told.every((refusal) => refusal.channel !== channel),
  );
  return lifted || (record.state === 'SUPPRESSED' && told.length === 0);
}

const isHeld = (refusals: readonly Suppression[], held: readonly Suppression[]) =>
  refusals.every((refusal) => held.some((one) => covers(one, refusal)));

function linesOf({ addresses, refusals }: ContactConsent, { keys }: Dependencies) {
  return refusals.flatMap(({ channel, reason }) =>
    hashesOf({ [channel]: addresses[channel] }, keys.slice(0, 1)).map((addressHash) => ({
      channel,
      reason,
      addressHash,
      key: null,
    })),
  );
}
