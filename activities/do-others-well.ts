import { isAnotherConfirmed } from '../database/records/other-pairs.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { Attempt } from './context.ts';
import type { JudgedPair } from './judge-pairs.ts';

/**
 * Whether an answer that breaks the contract concerns only this row: the target's probe and other current deliveries,
 * if any, succeed. Otherwise the target or something in front of it is faulty, and no row is to blame.
 */
export async function doOthersWell(attempt: Attempt, { pair }: JudgedPair): Promise<boolean> {
  const { orm, process, ref, remote } = attempt;
  try {
    await remote.probe();
  } catch (error) {
    if (error instanceof SyncError) return false;
    throw error;
  }
  const types = process.mappings.map(({ type }) => type);
  return isAnotherConfirmed(orm, ref, { types, since: pair.record?.fencingToken ?? '0' });
}
