import { sql, type RawBuilder } from 'kysely';
import { recordTable } from '../table-names.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import type { Orm } from '../orm.ts';

/** How many rows of each kind were removed. Erasure receipts and the suppression list are not among them: they stay. */
export interface RemovedRows {
  /** Remote values that lost, and proposals. */
  readonly conflicts: number;
  /** Answers that the gateway keeps for repeated requests. */
  readonly answers: number;
  /** States of remotes, kept to detect systems that undo each other's writes. */
  readonly oscillations: number;
  /** Holds that an operator approved, intended remote ids of records that no longer exist, how lists showed parked
   * records, and claims of dead pages. */
  readonly intents: number;
  /** What happened to pairs: lines of the journal. */
  readonly happenings: number;
}

/** Short transactions, so that nobody waits for a row. */
const ROWS_AT_ONCE = 5_000;

/**
 * Removes what is older than its retention, by the database's clock.
 *
 * @param kept.days of conflicts, oscillations and approved holds; answers carry their own end, a day.
 * @param kept.journalDays of the journal.
 */
export async function removeExpiredRows(
  orm: Orm,
  { days, journalDays }: { readonly days: number; readonly journalDays: number },
): Promise<RemovedRows> {
  const before = daysAgo(days);
  const remove = (table: string, condition: RawBuilder<unknown>) => removeWhere(orm, table, condition);
  return {
    conflicts: await remove('sync_conflict', sql`occurred_on < ${before}`),
    answers: await remove('sync_idempotency', sql`expires_on < clock_timestamp()`),
    oscillations: await remove('sync_oscillation', sql`updated_on < ${before}`),
    intents:
      (await remove('sync_hold', sql`approved_on < ${before}`)) +
      (await remove('sync_rekey', sql`NOT ${hasRecord}`)) +
      (await remove('sync_parked_listing', sql`NOT ${isParked}`)) +
      // Long after its end, so that no retry is just taking it over.
      (await remove('sync_claim', sql`claimed_until < clock_timestamp() - interval '1 day'`)) +
      (await remove('sync_page_attempt', sql`claimed_until < clock_timestamp() - interval '1 day'`)),
    happenings: await remove('sync_journal', sql`written_on < ${daysAgo(journalDays)}`),
  };
}

const daysAgo = (count: number) => sql`clock_timestamp() - ${count} * interval '1 day'`;

/** The record of an intended remote id; an index serves each type. */
const hasRecord = sql`EXISTS (${sql.join(
  ENTITY_TYPES.map(
    (type) => sql`SELECT FROM ${sql.table(recordTable(type))} r
      WHERE sync_rekey.entity_type = ${sql.lit(type)} AND r.sync_process = sync_rekey.sync_process
        AND r.entity_key = sync_rekey.entity_key`,
  ),
  sql` UNION ALL `,
)})`;

/** A record with the remote id of a listing is still parked, or gets no row. */
const isParked = sql`EXISTS (${sql.join(
  ENTITY_TYPES.map(
    (type) => sql`SELECT FROM ${sql.table(recordTable(type))} r
      WHERE sync_parked_listing.entity_type = ${sql.lit(type)} AND r.sync_process = sync_parked_listing.sync_process
        AND r.remote_id = sync_parked_listing.remote_id AND r.state IN ('PARKED', 'UNLINKED')`,
  ),
  sql` UNION ALL `,
)})`;

async function removeWhere(orm: Orm, table: string, condition: RawBuilder<unknown>): Promise<number> {
  let removed = 0;
  for (;;) {
    const { numAffectedRows } = await sql`
      DELETE FROM ${sql.table(table)} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${sql.table(table)} WHERE ${condition} LIMIT ${ROWS_AT_ONCE}))`.execute(
      orm.em.fork().getKysely(),
    );
    const count = Number(numAffectedRows ?? 0);
    removed += count;
    if (count < ROWS_AT_ONCE) return removed;
  }
}
