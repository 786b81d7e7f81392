import { sql } from 'kysely';
import { refreshOutdatedValues } from '../../database/records/refresh-unique-values.ts';
import { noCounts, type RekeyCounts } from '../../sync/rekeyed.ts';
import { keyName } from '../../sync/secret-hash.ts';
import { uniqueHashPrefix } from '../../sync/unique-value.ts';
import { TARGETS } from '../../targets/index.ts';
import { detectionOf } from '../detection-of.ts';
import { rekeyConflicts } from './rekey-conflicts.ts';
import { rekeyMessages } from './rekey-messages.ts';
import { rekeyRecords } from './rekey-records.ts';
import type { Rekey } from './rekey-input.ts';
import { rekeySuppressions } from './rekey-addresses.ts';

/** What is kept under SYNC_KEY, in the order in which it is re-keyed. */
export interface Rekeyed {
  readonly what: 'suppression list' | 'conflicts' | 'records' | 'messages' | 'unique values';
  readonly counts: RekeyCounts;
}

/**
 * Brings everything that is kept under an older key under the newest one, in place, for all processes, whether on or
 * off. It may be interrupted and run again: what is under the newest key is left as it is. Workers may run meanwhile, if
 * they already have the newest key first.
 */
export async function rekey(of: Rekey): Promise<readonly Rekeyed[]> {
  const suppressions = await rekeySuppressions(of);
  const conflicts = await rekeyConflicts(of);
  const records = noCounts();
  const values = noCounts();
  for (const { process } of TARGETS) {
    for (const mapping of process.mappings) {
      const detection = { ...detectionOf(process, mapping, of.settings), uniqueHashPrefix: uniqueHashPrefix(of.keys) };
      add(records, await rekeyRecords(of, detection, mapping));
      await refreshOutdatedValues(of.orm.em.fork(), detection, of.keys);
    }
  }
  values.rekeyed += await dropOldValues(of);
  const messages = await rekeyMessages(of);
  await dropOldOscillations(of);
  await dropOldListings(of);
  return [
    { what: 'suppression list', counts: suppressions },
    { what: 'conflicts', counts: conflicts },
    { what: 'records', counts: records },
    { what: 'messages', counts: messages },
    { what: 'unique values', counts: values },
  ];
}

function add(sum: RekeyCounts, { rekeyed, rehashed, unreadable }: RekeyCounts): void {
  sum.rekeyed += rekeyed;
  sum.rehashed += rehashed;
  sum.unreadable += unreadable;
}

/** Rows that pass no filter: their values are written anew when they are judged. */
async function dropOldValues({ orm, keys }: Rekey): Promise<number> {
  const { rows } = await sql`
    DELETE FROM sync_unique_value WHERE value IS NOT NULL AND split_part(value, ':', 1) <> ${uniqueHashPrefix(keys)}
    RETURNING 1`.execute(orm.em.fork().getKysely());
  return rows.length;
}

/** They are looked at for an hour only. */
async function dropOldOscillations({ orm, keys }: Rekey): Promise<void> {
  const [newest] = keys;
  if (newest === undefined) return;
  await sql`
    DELETE FROM sync_oscillation WHERE EXISTS (SELECT FROM jsonb_array_elements(states) AS one(state)
      WHERE split_part(one.state ->> 'hash', ':', 2) <> ${keyName(newest)})`.execute(orm.em.fork().getKysely());
}

/** The next poll looks at these records once more. */
async function dropOldListings({ orm, keys }: Rekey): Promise<void> {
  const [newest] = keys;
  if (newest === undefined) return;
  await sql`
    UPDATE sync_parked_listing SET listed = NULL, listed_on = NULL, judged_as = NULL
    WHERE split_part(listed, ':', 1) <> ${keyName(newest)}`.execute(orm.em.fork().getKysely());
}
