import { linkRecord } from '../database/records/link-record.ts';
import { erasedSince } from '../database/records/suppression-list.ts';
import { insertEmsRow } from '../database/records/write-ems-row.ts';
import type { Person } from '../database/entities/index.ts';
import { addressHashes, hashesOf } from '../sync/address-hash.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { parseInstant } from '../sync/instant.ts';
import { baseOf } from '../sync/keyed-hash.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { personAddresses } from '../targets/person-addresses.ts';
import type { InboundContext } from './context.ts';
import type { ReferringRecord } from './match-remote.ts';
import { nothing, type Resolving } from './unresolvable.ts';

/**
 * Creates the EMS row of a remote record and links the two.
 *
 * @throws Unresolvable if EMS must not create a row from it.
 */
export async function createRow(
  resolving: Resolving,
  { keys, process, inbound }: InboundContext,
  { record, references }: ReferringRecord,
): Promise<EntityKey> {
  const { em, rows } = resolving;
  const { type, remoteId, modifiedOn: remoteSyncedOn } = record;
  const unsendable = inbound.unsendable(record.content, null, {});
  // The pair's own pass finds the fields left out here and puts them into the conflict log.
  const content = Object.fromEntries(Object.entries(record.content).filter(([field]) => !unsendable.includes(field)));
  const refusal = inbound.refuseCreate(content);
  if (refusal !== null) throw nothing(refusal);
  const values = { ...inbound.apply(content, Object.keys(content), null), ...references };
  if (await wasErased(resolving, record, values)) throw nothing('its address was erased, and it is from before');
  const { key, modifiedOn: entitySyncedOn } = await insertEmsRow(em, type, values);
  const base = baseOf(content, keys);
  await linkRecord(em, { process: process.name, type, key, remoteId, base, remoteSyncedOn, entitySyncedOn });
  rows.push({ type, key, how: 'created' });
  return key;
}

/** What a target kept of an erased person must not come back. What the person does there after the erasure may. */
async function wasErased(
  { context, em }: Resolving,
  { type, content, modifiedOn }: RemoteRecord,
  { phone = null, country = null }: Partial<Person>,
): Promise<boolean> {
  if (type !== 'Person') return false;
  const { email } = content;
  // Families share a phone number, so it counts only for a person without an e-mail address.
  const hashes =
    typeof email === 'string'
      ? addressHashes('email', email, context.keys)
      : hashesOf(personAddresses({ email: null, phone, country }), context.keys);
  const since = await erasedSince(em, context.process.name, hashes);
  if (since === null) return false;
  return modifiedOn === null || Temporal.Instant.compare(parseInstant(modifiedOn), parseInstant(since)) <= 0;
}
