import { sql } from 'kysely';
import { isValue } from '../database/detection/unique-holders.ts';
import { announceInBase } from '../database/records/announce-in-base.ts';
import { announceRekey } from '../database/records/rekeys.ts';
import {
  carrySuppressions,
  enterSuppressions,
  entriesOf,
  readSuppressions,
} from '../database/records/suppression-list.ts';
import { longestOf } from '../database/records/find-rows.ts';
import { loadPairs, type AnyRow, type Pair } from '../database/records/load-pairs.ts';
import { entityTable } from '../database/table-names.ts';
import { addressHashes, hashesOf, normalisedAddress, type Addresses } from '../sync/address-hash.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { isHashOf, keyedHash } from '../sync/keyed-hash.ts';
import { binding, isErased, reasonsFromElsewhere, type Suppression } from '../sync/suppression.ts';
import { uniqueHash } from '../sync/unique-value.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { PairConsent } from '../targets/remote-system.ts';
import { consentLookups, type ConsentLookups } from './consent-lookups.ts';
import type { Attempt, PairContext, TypeContext } from './context.ts';

/** The addresses of a row's person; empty if consent does not apply. */
export function addressesOf({ consent }: EntityMapping, row: AnyRow | null): Addresses {
  return consent === null || row === null ? {} : consent.addresses(row);
}

/**
 * The suppression list's entries for each of these pairs, including refusals at other targets; empty for mappings
 * without consent.
 */
export async function suppressionsOf(
  { orm, keys, consentPolicy, consentScope, process, mapping }: TypeContext,
  pairs: readonly Pair[],
): Promise<ReadonlyMap<EntityKey, readonly Suppression[]>> {
  if (mapping.consent === null || keys.length === 0) return new Map();
  const people = pairs.map(({ key, entity }) => ({ key, hashes: hashesOf(addressesOf(mapping, entity), keys) }));
  const elsewhere = { reasons: reasonsFromElsewhere(consentScope), channels: mapping.consent.channels };
  const listed = await readSuppressions(orm.em.fork(), process.name, people, elsewhere);
  return new Map([...listed].map(([key, suppressions]) => [key, binding(suppressions, consentPolicy)]));
}

/** What a target may ask about the pair; undefined for mappings without consent. */
export function pairConsent(
  attempt: Attempt,
  { record, entity }: Pair,
  suppressions: readonly Suppression[],
  lookups: ConsentLookups = consentLookups(attempt),
): { readonly consent: PairConsent } | Record<string, never> {
  const { orm, keys, mapping, type, key, ref, fencingToken } = attempt;
  if (mapping.consent === null) return {};
  const { process } = ref;
  let base = record?.base ?? null;
  return {
    consent: {
      suppressions,
      holderOf: async (remoteId) => {
        const holder = await lookups.holders.load(remoteId);
        return holder === key ? null : holder;
      },
      remoteIdOf: (other) => lookups.remoteIds.load(other),
      holderOfAddress: async () => {
        const hashes = addressHashes('email', addressesOf(mapping, entity).email, keys);
        const holders = await Promise.all(hashes.map((hash) => lookups.holdersOfAddress.load(hash)));
        return holders.flatMap((found) => found ?? []).find((holder) => holder !== key) ?? null;
      },
      isAnothers: async (email, { isNew = false } = {}) => {
        const heirs = await takersOf(attempt, email);
        return heirs.some(({ record: known }) => !isNew || (known?.remoteId ?? null) === null);
      },
      wasStored: (field, value) => isHashOf(base?.[field], field, value, keys),
      willStore: async (field, value) => {
        if (record === null || isHashOf(base?.[field], field, value, keys)) return;
        const announced = { [field]: keyedHash(field, value, keys) };
        await announceInBase(orm, process, type, { key, fencingToken, announced });
        base = { ...base, ...announced };
      },
      willHold: async (remoteId) => {
        await lookups.announced.load({ key, remoteId });
      },
      rekeyingTo: () => lookups.rekeys.load(key),
      willRekeyTo: (rekeyingTo) => announceRekey(orm.em.fork(), process, type, { key, rekeyingTo }),
    },
  };
}

/**
 * The other rows with this e-mail address to which a remote record with it can be left: those that are sent. One that
 * shares another's, has refused or was erased never takes it, and nobody would keep it as EMS has it.
 */
async function takersOf(attempt: PairContext, email: string): Promise<readonly Pair[]> {
  const { orm, keys, detection, mapping, type, key } = attempt;
  const table = sql.raw(entityTable(type));
  const wanted = normalisedAddress('email', email);
  const { rows } = await sql<{ key: EntityKey; email: string | null }>`
    SELECT e.id AS key, CASE WHEN octet_length(e.email) <= ${longestOf('Person', 'email')} THEN e.email END AS email FROM ${table} e
    WHERE e.id IN (SELECT v.entity_key FROM sync_unique_value v WHERE ${isValue(detection, 'v', 'email')}
        AND v.value = ${uniqueHash({ name: 'email', scope: null }, wanted, keys)}
      UNION SELECT o.id FROM ${table} o WHERE lower(btrim(o.email)) = ${wanted})
      AND e.id <> ${key}::bigint AND (${sql.raw(mapping.filter)})`.execute(orm.em.fork().getKysely());
  const others = rows.filter((row) => normalisedAddress('email', row.email) === wanted).map((row) => row.key);
  if (others.length === 0) return [];
  const pairs = await loadPairs(orm, detection, others);
  // Their own refusals: at an address that was refused, the contact is not mailed anyway, and keeps its refusal.
  const refused = await suppressionsOf(
    attempt,
    pairs.map((pair) => ({ ...pair, entity: null })),
  );
  return pairs.filter(({ key: other, sharedWith, record }) => {
    const against = refused.get(other) ?? [];
    const isWithheld = isErased(against) || (mapping.consent?.whenRefused === 'withhold' && against.length > 0);
    return sharedWith === null && !isWithheld && record?.state !== 'UNLINKED';
  });
}

/**
 * Enters a target's refusals for the person, and for each address on that channel.
 *
 * @param refused the addresses that were refused, first the one that the target told them of. For the others (the
 *   person's address in EMS by now) what is listed already stays: it may be the refusal of the person who had that
 *   address before. With two reasons for two swapped addresses, each poll would enter the other one.
 */
export async function enterRefusals(
  { orm, keys, ref }: PairContext,
  [told, ...others]: readonly [Addresses, ...Addresses[]],
  refusals: readonly Suppression[],
): Promise<void> {
  if (refusals.length === 0) return;
  const em = orm.em.fork();
  const toldOf = refusals.filter(({ channel }) => told[channel] != null);
  const unnamed = refusals.filter(({ channel }) => told[channel] == null);
  const at = (all: readonly Addresses[], these: readonly Suppression[]) =>
    these.flatMap((refusal) => all.map((known) => ({ ...refusal, address: known[refusal.channel], key: ref.key })));
  const named = await entriesOf(em, [...at([told], toldOf), ...at(others, unnamed)], keys);
  const carried = await entriesOf(em, at(others, toldOf), keys);
  await enterSuppressions(em, ref.process, named);
  await carrySuppressions(em, ref.process, carried);
}
