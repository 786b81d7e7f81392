import { isHeld, countLinked, type Hold } from '../database/records/missing.ts';
import { areAtLeast, countFound, endHeldSweep, holdFound, sampleOf } from '../database/records/brake.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { describeHeldSweep, isMass, leastHeld, type BrakeKind } from '../sync/brake-limit.ts';
import type { TypeContext } from './context.ts';
import { inHalves } from './in-halves.ts';
import { judgePairs } from './judge-pairs.ts';

/** Rows whose content is compared to tell a mass change from rows that were only touched. */
const SAMPLE = 500;

/**
 * Holds this kind of work of a type back if a sweep would do very much of it at once: EMS lost a table, a filter or an
 * import went wrong. Nothing of it is begun before an operator approves it or the cause is gone.
 *
 * @param holds of the process, as read before
 * @returns the reason in an operator's words; null: the work may be done.
 */
export async function heldBack(context: TypeContext, kind: BrakeKind, holds: readonly Hold[]): Promise<string | null> {
  const { orm, detection, brakeLimits, process, type } = context;
  const em = orm.em.fork();
  if (!(await areAtLeast(em, detection, { kind, count: leastHeld(kind, brakeLimits) }))) {
    await endHoldOf(context, kind, holds);
    return null;
  }
  const linked = await countLinked(em, process.name, type);
  const { count, notApproved } = await countFound(em, detection, kind);
  if (!(await isMassOf(context, { rows: count, kind, linked }))) {
    await endHoldOf(context, kind, holds);
    return null;
  }
  if (!(await isMassOf(context, { rows: notApproved, kind, linked }))) return null;
  const hold = await em.transactional((inner) => holdFound(inner, detection, { kind, linked }));
  return describeHeldSweep({ ...hold, kind });
}

/** The cause is gone, or what was approved is done. */
export async function endHoldOf(
  { orm, detection, type }: TypeContext,
  kind: BrakeKind,
  holds: readonly Hold[],
): Promise<void> {
  const isOpen = holds.some((hold) => hold.type === type && hold.kind === kind);
  if (isOpen) await endHeldSweep(orm.em.fork(), detection, kind);
}

/** Whether removals of the type are held back: a row that is synced by itself is then not removed either. */
export const areRemovalsHeld = ({ orm, process, type }: TypeContext): Promise<boolean> =>
  isHeld(orm.em.fork(), { process: process.name, type, kind: 'delete' });

interface Mass {
  readonly rows: number;
  readonly kind: BrakeKind;
  readonly linked: number;
}

/** A due row may hold what the target has: a sample says how many of them would change something there. */
async function isMassOf(context: TypeContext, { rows, kind, linked }: Mass): Promise<boolean> {
  const { brakeLimits, orm, detection } = context;
  if (!isMass(rows, { kind, linked }, brakeLimits)) return false;
  if (kind === 'delete') return true;
  const keys = await sampleOf(orm.em.fork(), detection, { kind, size: SAMPLE });
  const { results } = await inHalves(keys, async (some) =>
    (await judgePairs(context, await loadPairs(orm, detection, some))).filter(
      ({ decision }) => decision.kind === 'update',
    ),
  );
  const changed = results.flat().length / Math.max(1, keys.length);
  return isMass(Math.round(changed * rows), { kind, linked }, brakeLimits);
}
