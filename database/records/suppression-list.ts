import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import { ADDRESS_FIELD, addressHashes } from '../../sync/address-hash.ts';
import type { KeyedHash, SecretKey } from '../../sync/keyed-hash.ts';
import {
  isToldOnce,
  strongest,
  type Channel,
  type Suppression,
  type SuppressionReason,
} from '../../sync/suppression.ts';
import { SYNC_PROCESS_NAMES, type SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/** One entry of the suppression list: an address, stored only as a hash, that must not be sent to this target. */
export interface SuppressionEntry extends Suppression {
  readonly addressHash: KeyedHash;
  /** The person who refused; null if EMS knew no such person. */
  readonly key: EntityKey | null;
}

export interface SuppressionQuestion {
  readonly key: EntityKey;
  /** Hashes of the person's addresses, under every key. */
  readonly hashes: readonly KeyedHash[];
}

/** Refusals at other targets that apply at a target: these reasons, on the channels that the target uses. */
export interface Elsewhere {
  readonly reasons: readonly SuppressionReason[];
  readonly channels: readonly Channel[];
}

/**
 * The refusals that apply to each person at a target, one per channel. A refusal follows the person to another address,
 * and the address to another person.
 */
export async function readSuppressions(
  em: EntityManager,
  process: SyncProcessName,
  people: readonly SuppressionQuestion[],
  elsewhere: Elsewhere,
): Promise<ReadonlyMap<EntityKey, readonly Suppression[]>> {
  if (people.length === 0) return new Map();
  const keys = people.map(({ key }) => key);
  const hashes = people.flatMap((person) => person.hashes);
  const { rows } = await sql<Suppression & { process: SyncProcessName; key: EntityKey | null; hash: string }>`
    SELECT sync_process AS process, entity_key AS key, address_hash AS hash, channel, reason FROM sync_suppression
    WHERE (entity_key = ANY (${keys}::bigint[]) OR address_hash = ANY (${hashes}::text[]))
      AND (sync_process = ${process} OR (reason = ANY (${[...elsewhere.reasons]}::text[])
        AND channel = ANY (${[...elsewhere.channels]}::text[]) AND NOT presumed))
    ORDER BY since, id`.execute(em.getKysely());
  return new Map(
    people.map((person) => {
      const known: ReadonlySet<string> = new Set(person.hashes);
      const against = rows.filter(({ key, hash }) => key === person.key || known.has(hash));
      const counting = against.map(({ process: at, channel, reason }) =>
        at === process ? { channel, reason } : { channel, reason, at },
      );
      return [person.key, strongest(counting)];
    }),
  );
}

/** Which of these addresses are in the suppression list, and why. */
export async function readSuppressionsOf(
  em: EntityManager,
  process: SyncProcessName,
  hashes: readonly KeyedHash[],
): Promise<ReadonlyMap<string, Suppression>> {
  if (hashes.length === 0) return new Map();
  const { rows } = await sql<Omit<Suppression, 'presumed'> & { hash: string; presumed: boolean }>`
    SELECT address_hash AS hash, channel, reason, presumed FROM sync_suppression
    WHERE sync_process = ${process} AND address_hash = ANY (${[...hashes]}::text[])`.execute(em.getKysely());
  return new Map(
    rows.map(({ hash, channel, reason, presumed }) => [
      hash,
      presumed ? { channel, reason, presumed } : { channel, reason },
    ]),
  );
}

/** One refusal of an address. */
export interface RefusedAddress extends Suppression {
  readonly address: string | null | undefined;
  /** The person who refused; null if EMS knew no such person. */
  readonly key: EntityKey | null;
}

/**
 * The entries of these refusals: under the newest key, and under each hash of the address in a record. There, what
 * another target last received is found by its hash, until it is re-keyed or received again.
 */
export async function entriesOf(
  em: EntityManager,
  refused: readonly RefusedAddress[],
  keys: readonly SecretKey[],
): Promise<readonly SuppressionEntry[]> {
  const hashed = refused.map((refusal) => ({
    refusal,
    newest: addressHashes(refusal.channel, refusal.address, keys.slice(0, 1)).slice(0, 1),
    hashes: addressHashes(refusal.channel, refusal.address, keys),
  }));
  const { rows } = await sql<{ hash: string }>`
    SELECT DISTINCT base ->> ${sql.lit(ADDRESS_FIELD)} AS hash FROM ${sql.raw(recordTable('Person'))}
    WHERE sync_process = ANY (${[...SYNC_PROCESS_NAMES]}::text[])
      AND base ->> ${sql.lit(ADDRESS_FIELD)} = ANY (${hashed.flatMap(({ hashes }) => hashes)}::text[])`.execute(
    em.getKysely(),
  );
  const inRecords: ReadonlySet<string> = new Set(rows.map(({ hash }) => hash));
  return hashed.flatMap(({ refusal: { channel, reason, presumed, key }, newest, hashes }) =>
    [...new Set([...newest, ...hashes.filter((hash) => inRecords.has(hash))])].map((addressHash) => ({
      channel,
      reason,
      ...(presumed === undefined ? {} : { presumed }),
      key,
      addressHash,
    })),
  );
}

/**
 * Adds entries; a known one is only written if its reason differs. `erased` is never weakened. A reason that a target
 * reports only once, in a report or in the answer to a write, is not weakened by its later lists.
 */
export async function enterSuppressions(
  em: EntityManager,
  process: SyncProcessName,
  lines: readonly SuppressionEntry[],
): Promise<void> {
  if (lines.length === 0) return;
  const unique = [...new Map(lines.map((line) => [line.addressHash, line])).values()];
  await sql`
    INSERT INTO sync_suppression AS listed (sync_process, address_hash, channel, entity_key, reason, presumed)
    SELECT ${process}, v."addressHash", v.channel, v.key, v.reason, coalesce(v.presumed, false)
    FROM jsonb_to_recordset(${JSON.stringify(unique)}::jsonb)
      AS v("addressHash" text, channel text, key bigint, reason text, presumed boolean)
    ON CONFLICT (sync_process, address_hash) DO UPDATE SET reason = EXCLUDED.reason, presumed = EXCLUDED.presumed,
      entity_key = coalesce(EXCLUDED.entity_key, listed.entity_key), since = clock_timestamp()
    WHERE listed.reason <> 'erased'
      AND (listed.reason NOT IN ('compliance', 'forgotten') OR EXCLUDED.reason IN ('complained', 'compliance', 'forgotten', 'erased'))
      AND (listed.reason <> 'complained' OR EXCLUDED.reason IN ('forgotten', 'erased'))
      AND (listed.reason <> EXCLUDED.reason OR listed.presumed <> EXCLUDED.presumed
      OR listed.entity_key IS DISTINCT FROM coalesce(EXCLUDED.entity_key, listed.entity_key))`.execute(em.getKysely());
}

/**
 * Adds what a person refused at one address to others of the same person. What is listed there stays, unless this is a
 * reason that a target reports only once.
 */
export async function carrySuppressions(
  em: EntityManager,
  process: SyncProcessName,
  lines: readonly SuppressionEntry[],
): Promise<void> {
  if (lines.length === 0) return;
  const listed = await readSuppressionsOf(
    em,
    process,
    lines.map(({ addressHash }) => addressHash),
  );
  const weightier = lines.filter(({ addressHash, reason }) => !listed.has(addressHash) || isToldOnce(reason));
  await enterSuppressions(em, process, weightier);
}

/**
 * The person has agreed again at the target itself: removes the refusals of these addresses and of this person on these
 * channels. An erasure stays.
 *
 * @returns how many entries were removed.
 */
export async function liftSuppressions(
  em: EntityManager,
  process: SyncProcessName,
  {
    key,
    hashes,
    channels,
  }: {
    readonly key: EntityKey | null;
    readonly hashes: readonly KeyedHash[];
    readonly channels: readonly Channel[];
  },
): Promise<number> {
  const { rows } = await sql`
    DELETE FROM sync_suppression WHERE sync_process = ${process} AND reason <> 'erased'
      AND channel = ANY (${[...channels]}::text[])
      AND (entity_key = ${key}::bigint OR address_hash = ANY (${[...hashes]}::text[])) RETURNING 1`.execute(
    em.getKysely(),
  );
  return rows.length;
}

/** The time of the latest erasure of one of these addresses, as PostgreSQL writes it; null if there is none. */
export async function erasedSince(
  em: EntityManager,
  process: SyncProcessName,
  hashes: readonly KeyedHash[],
): Promise<string | null> {
  const { rows } = await sql<{ since: string | null }>`
    SELECT max(since)::text AS since FROM sync_suppression
    WHERE sync_process = ${process} AND reason = 'erased' AND address_hash = ANY (${[...hashes]}::text[])`.execute(
    em.getKysely(),
  );
  return rows[0]?.since ?? null;
}
