import { sql } from 'kysely';
import type { EntityManager } from '../../database/orm.ts';
import { entityTable } from '../../database/table-names.ts';
import { addressHashes } from '../../sync/address-hash.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { noCounts, rekeyed, type RekeyCounts } from '../../sync/rekeyed.ts';
import type { Channel } from '../../sync/suppression.ts';
import type { Rekey } from './rekey-input.ts';

/** EMS's columns with an address, which a line of the suppression list may be about. */
const COLUMNS: readonly (readonly [EntityType, column: string, Channel])[] = [
  ['Person', 'email', 'email'],
  ['Person', 'phone', 'sms'],
];

/**
 * Re-keys the suppression list, a page at a time. An address that EMS still has is hashed anew, whoever's line it is.
 * Of any other, for example an erased one, only the hash is known: it is hashed again under the newest key, and is
 * found as long as the older key is listed, too.
 */
export async function rekeySuppressions(rekey: Rekey): Promise<RekeyCounts> {
  const counts = noCounts();
  const { orm, onPage } = rekey;
  for (const [type, column, channel] of COLUMNS) {
    let after: EntityKey | null = '-9223372036854775808';
    while (after !== null) {
      const from: EntityKey = after;
      after = await orm.em.fork().transactional((em) => rekeyKnown(em, rekey, { type, column, channel, from, counts }));
      await onPage?.();
    }
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
  of: {
    readonly type: EntityType;
    readonly column: string;
    readonly channel: Channel;
    readonly from: EntityKey;
    readonly counts: RekeyCounts;
  },
): Promise<EntityKey | null> {
  const column = sql.ref(of.column);
  const { rows } = await sql<{ key: EntityKey; address: string | null }>`
    SELECT id AS key, CASE WHEN octet_length(${column}) <= ${LONGEST_ADDRESS} THEN ${column} END AS address
    FROM ${sql.raw(entityTable(of.type))} WHERE id > ${of.from}::bigint ORDER BY id LIMIT ${page}`.execute(
    em.getKysely(),
  );
  const pairs = rows.flatMap(({ address }) => {
    const [now, ...before] = addressHashes(of.channel, address, keys);
    return now === undefined ? [] : before.map((stored) => ({ stored, now }));
  });
  of.counts.rekeyed += await replace(em, pairs);
  return rows.length < page ? null : (rows.at(-1)?.key ?? null);
}

/** Longer than any address that a target takes. */
const LONGEST_ADDRESS = 1_000;

/**
 * Of lines that become the same one, an erasure stays, and otherwise the latest. A line beside one that already has the
 * new hash stays under its old one, and is hashed again later.
 */
async function replace(
  em: EntityManager,
  pairs: readonly { readonly stored: string; readonly now: string }[],
): Promise<number> {
  const { rows } = await sql`
    UPDATE sync_suppression s SET address_hash = first.now
    FROM (SELECT DISTINCT ON (l.sync_process, v.now) l.id, l.sync_process, v.now
      FROM jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) AS v(stored text, now text)
      JOIN sync_suppression l ON l.address_hash = v.stored
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
