import { countLinked, endHold, forgetMissing, hold, noteMissing, readMissing } from '../database/records/missing.ts';
import { missingWithin } from '../database/records/find-by-remote-id.ts';
import type { EntityRef } from '../sync/entity-type.ts';
import { describeHold, isTooMany } from '../sync/missing-limit.ts';
import type { ListedPage } from '../targets/inbound-source.ts';
import type { FindChangedInput } from './changed-page.ts';
import type { ProcessContext } from './context.ts';

export interface FoundMissing {
  readonly pairs: readonly EntityRef[];
  /** Why missing records are left alone, in an operator's words; null: they are not, or none is missing. */
  readonly held: string | null;
}

/**
 * A list that shows everything also shows what is missing. Each missing record is checked individually, because it may
 * only be hidden; but only after the whole list was read, and not if too many are missing at once.
 */
export async function findMissing(
  { orm, missingLimit }: ProcessContext,
  { process, type, scope, page }: FindChangedInput,
  { covers, records, next }: ListedPage,
): Promise<FoundMissing> {
  if (covers === undefined) return { pairs: [], held: null };
  const list = { process, type, scope };
  const em = orm.em.fork();
  if (page === null) await forgetMissing(em, list);
  const present = records.flatMap(({ remoteId }) => remoteId ?? []);
  await noteMissing(em, list, await missingWithin(em, process, type, { ...covers, present }));
  if (next !== null) return { pairs: [], held: null };
  const keys = await readMissing(em, list);
  const linked = await countLinked(em, process, type);
  if (isTooMany(keys.length, linked, missingLimit)) {
    const held = await em.transactional((inner) => hold(inner, list, { keys, linked }));
    if (held.approvedOn === null) return { pairs: [], held: describeHold(held) };
  }
  await endHold(em, process, type);
  return { pairs: keys.map((key) => ({ type, key })), held: null };
}
