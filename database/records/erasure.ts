import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

interface PairOf {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/** What was done about one row at one target. Contains no personal data, because it is kept permanently. */
export interface Receipt {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly outcome: 'erased' | 'absent' | 'kept';
  readonly detail: string;
  /** RFC 3339 as PostgreSQL writes it, UTC. */
  readonly erasedOn: string;
}

/** Deletes values of the pair that lost conflicts, its recent remote states, and how lists showed it. */
export async function forgetValues(em: EntityManager, { process, type, key }: PairOf): Promise<void> {
  for (const table of ['sync_conflict', 'sync_oscillation']) {
    await sql`
      DELETE FROM ${sql.raw(table)}
      WHERE sync_process = ${process} AND entity_type = ${type} AND entity_key = ${key}::bigint`.execute(
      em.getKysely(),
    );
  }
  await sql`
    DELETE FROM sync_parked_listing p USING ${sql.raw(recordTable(type))} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key = ${key}::bigint
      AND p.sync_process = ${process} AND p.entity_type = ${type} AND p.remote_id = sr.remote_id`.execute(
    em.getKysely(),
  );
}

/** Receipts are only added, and the newest counts. A repeat that finds nothing keeps the one before. */
export async function writeReceipt(
  em: EntityManager,
  { process, type, key }: PairOf,
  { outcome, detail }: Pick<Receipt, 'outcome' | 'detail'>,
): Promise<void> {
  await sql`
    INSERT INTO sync_erasure (sync_process, entity_type, entity_key, outcome, detail)
    SELECT ${process}, ${type}, ${key}::bigint, ${outcome}, ${detail}
    WHERE ${outcome}::text <> 'absent' OR NOT EXISTS (
      SELECT FROM sync_erasure r
      WHERE r.sync_process = ${process} AND r.entity_type = ${type} AND r.entity_key = ${key}::bigint)`.execute(
    em.getKysely(),
  );
}

/** The newest receipt of each of these rows, in the order of processes. */
export async function readReceipts(em: EntityManager, refs: readonly PairOf[]): Promise<Receipt[]> {
  const { rows } = await sql<Receipt>`
    SELECT r.sync_process AS process, r.entity_type AS type, r.entity_key AS key, r.outcome, r.detail,
      r.erased_on AS "erasedOn"
    FROM (SELECT DISTINCT * FROM jsonb_to_recordset(${JSON.stringify(refs)}::jsonb)
      AS v(process text, type text, key bigint)) v
    CROSS JOIN LATERAL (SELECT * FROM sync_erasure r
      WHERE r.sync_process = v.process AND r.entity_type = v.type AND r.entity_key = v.key
      ORDER BY r.id DESC LIMIT 1) r
    ORDER BY r.sync_process, r.id`.execute(em.getKysely());
  return rows;
}

/** All rows about a person, by type, referring ones first: these must leave a target before the person. */
const ROWS_OF_PERSON: readonly (readonly [EntityType, string])[] = [
  ['StartGroupParticipant', 'event_participant_id IN (SELECT id FROM event_participant WHERE person_id = $person)'],
  ['Tag', 'event_participant_id IN (SELECT id FROM event_participant WHERE person_id = $person)'],
  ['EventParticipant', 'person_id = $person'],
  ['Conversation', 'person_id = $person'],
];

/** EMS's rows of these types about a person, in the order in which they must leave a target, the person last. */
export async function rowsOfPerson(
  em: EntityManager,
  person: EntityKey,
  types: readonly EntityType[],
): Promise<readonly { readonly type: EntityType; readonly key: EntityKey }[]> {
  const found: { type: EntityType; key: EntityKey }[] = [];
  for (const [type, where] of ROWS_OF_PERSON) {
    if (!types.includes(type)) continue;
    const condition = where.replaceAll('$person', BigInt(person).toString());
    const { rows } = await sql<{ key: EntityKey }>`
      SELECT id AS key FROM ${sql.raw(entityTable(type))} WHERE ${sql.raw(condition)} ORDER BY id`.execute(
      em.getKysely(),
    );
    found.push(...rows.map(({ key }) => ({ type, key })));
  }
  return [...found, { type: 'Person', key: person }];
}
