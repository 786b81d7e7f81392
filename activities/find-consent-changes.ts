import { findByRemoteIds, type KnownRemote } from '../database/records/find-by-remote-id.ts';
import {
  enterSuppressions,
  entriesOf,
  readSuppressions,
  readSuppressionsOf,
  type RefusedAddress,
} from '../database/records/suppression-list.ts';
import { hashesOf } from '../sync/address-hash.ts';
import type { EntityManager } from '../database/orm.ts';
import type { EntityKey, EntityRef } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncState } from '../sync/sync-state.ts';
import { covers, type Channel, type Suppression } from '../sync/suppression.ts';
import type { ConsentSource, ContactConsent } from '../targets/consent-source.ts';
import { isAnothers, lostOptOuts, refusalsOf } from './absorb-consent.ts';
import type { ChangedPage } from './changed-page.ts';
import type { TypeContext } from './context.ts';
import { inHalves } from './in-halves.ts';

/**
 * The next page of consent at a target that is read only for consent. Contacts of ours whose consent differs from the
 * suppression list get a pass of their pair. Refusals of contacts that EMS does not know are entered at once, so that
 * they apply when EMS learns the address. An archived unknown contact is ignored: most often we archived it ourselves
 * when the person left EMS. Only the key of the pair leaves this activity.
 *
 * @throws SyncError if the page cannot be read.
 */
export async function findConsentChanges(
  context: TypeContext,
  source: ConsentSource,
  request: Parameters<ConsentSource['list']>[0],
): Promise<ChangedPage> {
  const { contacts, malformed, next, seenUpTo } = await source.list(request);
  const { results, failed } = await inHalves(contacts, (some) => changesAmong(context, source, some));
  return {
    listed: contacts.length,
    pairs: results.flat(),
    unknown: [],
    malformed: malformed + failed.length,
    next,
    seenUpTo,
  };
}

async function changesAmong(
  { orm, keys, process: { name: process }, type }: TypeContext,
  source: ConsentSource,
  contacts: readonly ContactConsent[],
): Promise<readonly EntityRef[]> {
  const em = orm.em.fork();
  const remoteIds = contacts.map(({ remoteId }) => remoteId);
  const known = await findByRemoteIds(em, process, type, remoteIds);
  const hashed = contacts.map((contact) => ({ contact, hashes: hashesOf(contact.addresses, keys) }));
  const hashes = hashed.flatMap((one) => one.hashes);
  const listed = await readSuppressionsOf(em, process, hashes);
  const listedOf = await refusalsOfPersons(em, process, { contacts, known });
  const pairs: EntityRef[] = [];
  const refused: RefusedAddress[] = [];
  for (const { contact, hashes: own } of hashed) {
    const record = known.get(contact.remoteId);
    const refusals = refusalsOf(contact, record ?? null, keys);
    const held = [...own.flatMap((hash) => listed.get(hash) ?? []), ...(listedOf.get(contact.remoteId) ?? [])];
    if (contact.isReport === true) {
      if (isHeld(refusals, held)) continue;
      refused.push(...refusedBy(contact, record?.key ?? null));
      if (record !== undefined && record.key !== null) pairs.push({ type, key: record.key });
      continue;
    }
    if (record === undefined || record.key === null || record.reissued) {
      const lasting = refusals.filter(({ reason }) => reason !== 'archived');
      if (!isHeld(lasting, held)) refused.push(...refusedBy({ ...contact, refusals: lasting }, null));
    } else if (source.mergesContacts === true && isAnothers(contact, record.remoteId, record.key)) {
      // The contacts may have been merged: let both pairs check it once.
      if (AT_REST.includes(record.state))
        for (const key of [record.key, contact.emsKey]) if (key !== null) pairs.push({ type, key });
    } else if (
      differs({ refusals, told: contact.refusals, own: contact.own ?? [] }, held, record) ||
      (AT_REST.includes(record.state) && lostOptOuts(contact, record, keys).length > 0)
    ) {
      pairs.push({ type, key: record.key });
    }
  }
  if (refused.length > 0) await enterSuppressions(em, process, await entriesOf(em, refused, keys));
  return pairs;
}

/**
 * By remote id: the persons' own entries for refusals of contacts without an address of that channel. Such a refusal is not
 * news for ever.
 */
async function refusalsOfPersons(
  em: EntityManager,
  process: SyncProcessName,
  {
    contacts,
    known,
  }: { readonly contacts: readonly ContactConsent[]; readonly known: ReadonlyMap<string, KnownRemote> },
): Promise<ReadonlyMap<string, readonly Suppression[]>> {
  const without = contacts.flatMap(({ remoteId, refusals, addresses }) => {
    const key = known.get(remoteId)?.key ?? null;
    const channels = refusals.map(({ channel }) => channel).filter((channel) => addresses[channel] == null);
    return key === null || channels.length === 0 ? [] : [{ remoteId, key, channels }];
  });
  const people = without.map(({ key }) => ({ key, hashes: [] }));
  const listed = await readSuppressions(em, process, people, { reasons: [], channels: [] });
  return new Map(
    without.map(({ remoteId, key, channels }) => [
      remoteId,
      (listed.get(key) ?? []).filter(({ channel }) => channels.includes(channel)),
    ]),
  );
}

/** States with nothing left to do; a pair that waits or is parked has already been checked. */
const AT_REST: readonly SyncState[] = ['IN_SYNC', 'SUPPRESSED'];

/**
 * Whether the pair must be checked: the target has a refusal that the suppression list lacks, or the other way round.
 *
 * @param told includes EMS's own opt-outs if they cannot be distinguished: while one stands, nothing is lifted.
 * @param own channels with an opt-out of ours: EMS's, or one made at another target.
 */
function differs(
  {
    refusals,
    told,
    own,
  }: {
    readonly refusals: readonly Suppression[];
    readonly told: readonly Suppression[];
    readonly own: readonly Channel[];
  },
  held: readonly Suppression[],
  { state }: KnownRemote,
): boolean {
  if (state === 'REMOVED' || state === 'ERASED') return false;
  if (!isHeld(refusals, held)) return true;
  const lifted = held.some(
    ({ channel, reason }) =>
      reason !== 'erased' && !own.includes(channel) && told.every((refusal) => refusal.channel !== channel),
  );
  return lifted || (state === 'SUPPRESSED' && told.length + own.length === 0);
}

const isHeld = (refusals: readonly Suppression[], held: readonly Suppression[]) =>
  refusals.every((refusal) => held.some((one) => covers(one, refusal)));

const refusedBy = ({ addresses, refusals }: ContactConsent, key: EntityKey | null): readonly RefusedAddress[] =>
  refusals.map((refusal) => ({ ...refusal, address: addresses[refusal.channel], key }));
