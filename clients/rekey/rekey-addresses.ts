import { sql } from 'kysely';
import type { EntityManager } from '../../database/orm.ts';
import { entityTable } from '../../database/table-names.ts';
import { addressHashes } from '../../sync/address-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { noCounts, rekeyed, type RekeyCounts } from '../../sync/rekeyed.ts';
import { CHANNELS } from '../../sync/suppression.ts';
import { personAddresses } from '../../targets/person-addresses.ts';
import type { Rekey } from './rekey-input.ts';

/**
 * Re-keys the suppression list, a page at a time. An address that EMS still has is hashed anew, whoever's line it is.
 * Of any other, for example an erased one, only the hash is known: it is hashed again under the newest key, and is
 * found as long as the older key is listed, too.
 */
export async function rekeySuppressions(rekey: Rekey): Promise<RekeyCounts> {
  const counts = noCounts();
  const { orm, onPage } = rekey;
  let key: EntityKey | null = '-9223372036854775808';
  while (key !== null) {
    const from: EntityKey = key;
    key = await orm.em.fork().transactional((em) => rekeyKnown(em, rekey, { from, counts }));
    await onPage?.();
  }
  let after = '0';
  for (;;) {
    const last = await orm.em.fork().transactional((em) => rehashUnknown(em, rekey, { after, counts }));
    await onPage?.();
    if (last === null) return counts;
    after = last;
  }
}

/** @returns the last key of the page; null: that was the last one. */
async function rekeyKnown(
  em: EntityManager,
  { keys, page }: Rekey,
  { from, counts }: { readonly from: EntityKey; readonly counts: RekeyCounts },
): Promise<EntityKey | null> {
  const { rows } = await sql<{ key: EntityKey } & PersonColumns>`
    SELECT id AS key, ${sql.join(ADDRESS_COLUMNS.map(shortEnough))}
    FROM ${sql.raw(entityTable('Person'))} WHERE id > ${from}::bigint ORDER BY id LIMIT ${page}`.execute(
    em.getKysely(),
  );
  const people = rows.map((row) => ({ key: row.key, addresses: personAddresses(row) }));
  counts.rekeyed += await replace(
    em,
    people.flatMap(({ key, addresses: { written, ...addresses } }) => [
      ...CHANNELS.flatMap((channel) => underNewest(addressHashes(channel, addresses[channel], keys))),
      ...inCanonicalForm(addressHashes('sms', addresses.sms, keys), addressHashes('sms', written, keys), key),
    ]),
  );
  // The same notation can be another number in another country, so lines of others keep theirs.
  counts.rekeyed += await replace(
    em,
    people.flatMap(({ addresses: { written } }) => underNewest(addressHashes('sms', written, keys))),
  );
  return rows.length < page ? null : (rows.at(-1)?.key ?? null);
}

const ADDRESS_COLUMNS = ['email', 'phone', 'country'] as const;

type PersonColumns = Readonly<Record<(typeof ADDRESS_COLUMNS)[number], string | null>>;

const shortEnough = (column: string) =>
  sql`CASE WHEN octet_length(${sql.ref(column)}) <= ${LONGEST_ADDRESS} THEN ${sql.ref(column)} END AS ${sql.ref(column)}`;

interface Replacement {
  readonly stored: string;
  readonly now: string;
  /** Only the lines of this person; left out: of anybody. */
  readonly key?: EntityKey;
}

/** @param hashes of one address, the newest first. */
const underNewest = ([now, ...before]: readonly string[]): readonly Replacement[] =>
  now === undefined ? [] : before.map((stored) => ({ stored, now }));

/** Earlier releases hashed a phone number as EMS writes it. */
const inCanonicalForm = ([now]: readonly string[], written: readonly string[], key: EntityKey) =>
  now === undefined ? [] : written.filter((stored) => stored !== now).map((stored) => ({ stored, now, key }));

/** Longer than any address that a target takes. */
const LONGEST_ADDRESS = 1_000;

/**
 * Of lines that become the same one, an erasure stays, and otherwise the latest. A line beside one that already has the
 * new hash stays under its old one, and is hashed again later.
 */
async function replace(em: EntityManager, pairs: readonly Replacement[]): Promise<number> {
  const { rows } = await sql`
    UPDATE sync_suppression s SET address_hash = first.now
    FROM (SELECT DISTINCT ON (l.sync_process, v.now) l.id, l.sync_process, v.now
      FROM jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) AS v(stored text, now text, key bigint)
      JOIN sync_suppression l ON l.address_hash = v.stored AND (v.key IS NULL OR l.entity_key = v.key)
      ORDER BY l.sync_process, v.now, (l.reason = 'erased') DESC, l.since DESC, l.id) first
    WHERE s.id = first.id AND NOT EXISTS (SELECT FROM sync_suppression other
      WHERE other.sync_process = first.sync_process AND other.address_hash = first.now)
    RETURNING 1`.execute(em.getKysely());
  return rows.length;
}

/** @returns the id of the last line of the page; null: that was the last one. */
async function rehashUnknown(
  em: EntityManager,
  { keys, page }: Rekey,
  { after, counts }: { readonly after: string; readonly counts: RekeyCounts },
): Promise<string | null> {
  const { rows } = await sql<{ id: string; stored: string }>`
    SELECT id, address_hash AS stored FROM sync_suppression WHERE id > ${after}::bigint
    ORDER BY id LIMIT ${page} FOR UPDATE`.execute(em.getKysely());
  const changed = rows.flatMap(({ id, stored }) => {
    const now = rekeyed(stored, { purpose: 'address', texts: [], keys, counts });
    return now === stored ? [] : [{ id, now }];
  });
  await sql`
    UPDATE sync_suppression s SET address_hash = v.now
    FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS v(id bigint, now text)
    WHERE s.id = v.id`.execute(em.getKysely());
  return rows.length < page ? null : (rows.at(-1)?.id ?? null);
}
