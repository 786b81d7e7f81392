import { findByRemoteIds, type KnownRemote } from '../database/records/find-by-remote-id.ts';
import { enterLedger, readLedgerOf } from '../database/records/ledger.ts';
import type { EntityRef } from '../sync/entity-type.ts';
import type { Suppression } from '../sync/suppression.ts';
import type { ConsentSource, ContactConsent } from '../targets/consent-source.ts';
import { refusalsOf } from './absorb-consent.ts';
import type { Dependencies } from './dependencies.ts';
import { ERASED } from './judge-pairs.ts';
import type { ChangedPage, FindChangedInput } from './changed-page.ts';
import { hashesOf } from './pair-consent.ts';

/**
 * The next page of consent at a target that is else only written to. Contacts of ours whose consent differs from the ledger get
 * a pass of their pair; of strangers the refusals go into the ledger at once, so that they hold when EMS comes to know the
 * address. Nothing of a contact leaves this activity but the key of its pair.
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
  const ledger = await readLedgerOf(
    em,
    process,
    hashed.flatMap(({ hashes }) => hashes),
  );
  const pairs: EntityRef[] = [];
  const strangers: ContactConsent[] = [];
  for (const { contact, hashes } of hashed) {
    const record = known.get(contact.remoteId);
    const refusals = refusalsOf(contact, record ?? null, dependencies);
    const held = hashes.flatMap((hash) => ledger.get(hash) ?? []);
    if (record === undefined || record.key === null) {
      const own = refusals.filter(isTheirs);
      if (!isHeld(own, held)) strangers.push({ ...contact, refusals: own });
    } else if (differs(refusals, held, record)) {
      pairs.push({ type, key: record.key });
    }
  }
  await enterLedger(
    em,
    process,
    strangers.flatMap((stranger) => linesOf(stranger, dependencies)),
  );
  return { listed: contacts.length, pairs, unknown: [], malformed, next, seenUpTo };
}

/** Whether the pair has to look: something is refused that the ledger does not hold, or the other way round. */
function differs(refusals: readonly Suppression[], held: readonly Suppression[], record: KnownRemote): boolean {
  if (record.state === 'REMOVED' || record.lastError === ERASED) return false;
  if (!isHeld(refusals, held)) return true;
  const lifted = held.some(
    ({ channel, reason }) => reason !== 'erased' && refusals.every((refusal) => refusal.channel !== channel),
  );
  return lifted || (record.state === 'SUPPRESSED' && refusals.length === 0);
}

/** Whom EMS has no more was put away by ourselves: that must not keep it out when EMS has it again. */
const isTheirs = ({ reason }: Suppression) => reason !== 'archived';

const isHeld = (refusals: readonly Suppression[], held: readonly Suppression[]) =>
  refusals.every(({ channel, reason }) =>
    held.some((one) => one.channel === channel && (one.reason === reason || one.reason === 'erased')),
  );

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
