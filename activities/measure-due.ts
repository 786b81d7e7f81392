import { scanDue, scanGone, type Scan, type ScannedPage } from '../database/detection/scan.ts';
import { clearDue, withoutBegun, writeDue } from '../database/records/due-counts.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { TypeContext } from './context.ts';
import { isAboutNoRow } from './error-mapping.ts';

/** More are told as this number: counting reads every due row once, as the sweep will. */
const COUNTED_AT_MOST = 10_000;

/** In a large table of which little is due, only so much is counted. */
const COUNTED_FOR_MS = 250;

/** Of rows that are due, the times of so many are looked at. */
const DATED_AT_MOST = 2_000;

/** What a plan has found of a type. */
export interface Found {
  readonly scope: Scan;
  /** All that is due, where the plan knows it; null: it is counted. */
  readonly due: readonly EntityKey[] | null;
  readonly isDue: boolean;
  readonly isGone: boolean;
}

/**
 * Counts what a sweep is about to begin, for metrics and the status page. Rows whose attempts go on are not counted: they
 * have states of their own. An idle plan writes nothing.
 */
export async function measureDue({ orm, process, type, detection }: TypeContext, found: Found): Promise<void> {
  const { scope, isDue, isGone } = found;
  const em = orm.em.fork();
  const known = found.due === null ? null : { keys: await withoutBegun(em, process.name, type, found.due), next: null };
  const page = { ...scope, after: null, limit: COUNTED_AT_MOST, forMs: COUNTED_FOR_MS, notBegun: true };
  const due = isDue ? await unlessSpoilt(async () => known ?? (await scanDue(em, detection, page))) : NOTHING;
  const gone = isGone ? await unlessSpoilt(() => scanGone(em, detection, page)) : NOTHING;
  const counted = Math.min(COUNTED_AT_MOST, due.keys.length + gone.keys.length);
  // What the count has not reached is due all the same.
  const count = counted === 0 && (due.next !== null || gone.next !== null) ? 1 : counted;
  if (count === 0) await clearDue(em, process.name, [type]);
  else await writeDue(em, { process: process.name, type }, { due: count, keys: due.keys.slice(0, DATED_AT_MOST) });
}

const NOTHING: ScannedPage = { keys: [], next: null };

/** A row that no statement can read is found by the sweep itself, which goes on without it. */
async function unlessSpoilt(find: () => Promise<ScannedPage>): Promise<ScannedPage> {
  try {
    return await find();
  } catch (error) {
    if (isAboutNoRow(error)) throw error;
    return NOTHING;
  }
}
