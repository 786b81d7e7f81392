import { sql } from 'kysely';
import { conflictSubject, type ConflictSubject } from '../../database/records/write-conflict.ts';
import { noCounts, type RekeyCounts } from '../../sync/rekeyed.ts';
import { seal, sealedWith, unseal } from '../../sync/sealed-values.ts';
import { keyName } from '../../sync/secret-hash.ts';
import type { Rekey } from './rekey-input.ts';

type StoredConflict = ConflictSubject & { readonly sealed: Uint8Array };

/** Opens the values of each conflict, and seals them with the newest key, a page at a time. */
export async function rekeyConflicts({ orm, keys, page, onPage }: Rekey): Promise<RekeyCounts> {
  const counts = noCounts();
  const [newest] = keys;
  if (newest === undefined) return counts;
  let after = '0';
  for (;;) {
    const { rows } = await sql<StoredConflict>`
      SELECT id, sync_process AS process, entity_type AS type, entity_key AS key, fields, encrypted_values AS sealed
      FROM sync_conflict WHERE id > ${after}::bigint ORDER BY id LIMIT ${page}`.execute(orm.em.fork().getKysely());
    for (const conflict of rows.filter(({ sealed }) => sealedWith(sealed) !== keyName(newest))) {
      const again = sealedAgain(conflict, keys);
      if (again === null) {
        counts.unreadable += 1;
        continue;
      }
      await sql`
        UPDATE sync_conflict SET encrypted_values = ${again} WHERE id = ${conflict.id}::bigint
          AND encrypted_values = ${Buffer.from(conflict.sealed)}`.execute(orm.em.fork().getKysely());
      counts.rekeyed += 1;
    }
    await onPage?.();
    const last = rows.at(-1);
    if (last === undefined || rows.length < page) return counts;
    after = last.id;
  }
}

/** Null if its key is not listed, or if it was tampered with. */
function sealedAgain(conflict: StoredConflict, keys: Rekey['keys']): Buffer | null {
  const subject = conflictSubject(conflict);
  try {
    return seal(unseal(conflict.sealed, subject, keys), subject.subject, keys);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
