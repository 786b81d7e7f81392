import { log } from '@temporalio/activity';
import { removeExpiredRows, type RemovedRows } from '../database/records/retention.ts';
import type { Dependencies } from './dependencies.ts';

/** Removes rows past their retention, and logs the counts. Idempotent. */
export async function removeExpired({ orm, retentionDays, journalDays }: Dependencies): Promise<RemovedRows> {
  const removed = await removeExpiredRows(orm, { days: retentionDays, journalDays });
  log.info('rows past their retention were removed', { ...removed });
  return removed;
}
