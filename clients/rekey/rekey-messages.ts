import { sql } from 'kysely';
import { hashed } from '../../database/records/absorb-messages.ts';
import { noCounts, rekeyedContent, type RekeyCounts } from '../../sync/rekeyed.ts';
import type { Rekey } from './rekey-input.ts';

/** Re-keys the hashes of messages that were read back, a page at a time. */
export async function rekeyMessages({ orm, keys, page, onPage }: Rekey): Promise<RekeyCounts> {
  const counts = noCounts();
  let after = '0';
  for (;;) {
    const { rows } = await sql<{ id: string; hash: string; body: string | null; private: boolean | null }>`
      SELECT link.id, link.content_hash AS hash, m.private,
        CASE WHEN octet_length(m.body) <= ${LONGEST_BODY} THEN m.body END AS body
      FROM sync_conversation_message link LEFT JOIN conversation_message m ON m.id = link.entity_key
      WHERE link.id > ${after}::bigint AND link.content_hash IS NOT NULL
      ORDER BY link.id LIMIT ${page}`.execute(orm.em.fork().getKysely());
    const changed = rows.flatMap(({ id, hash, body, private: isPrivate }) => {
      const content = isPrivate === null ? null : hashed({ body, private: isPrivate });
      const now = rekeyedContent(hash, content, { keys, counts });
      return now === hash ? [] : [{ id, hash, now }];
    });
    await sql`
      UPDATE sync_conversation_message link SET content_hash = v.now
      FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS v(id bigint, hash text, now text)
      WHERE link.id = v.id AND link.content_hash = v.hash`.execute(orm.em.fork().getKysely());
    await onPage?.();
    const last = rows.at(-1);
    if (last === undefined || rows.length < page) return counts;
    after = last.id;
  }
}

/** A longer one is hashed again without being loaded. */
const LONGEST_BODY = 200_000;
