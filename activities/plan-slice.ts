import { CHANGES_KEPT_MS, noteComparisons } from '../database/detection/comparisons.ts';
import { deletionsSeen } from '../database/detection/deletions.ts';
import { entityKeys } from '../database/detection/keys-of-page.ts';
import { canReadRecent, recentKeys } from '../database/detection/recent-keys.ts';
import { scanDue, scanGone } from '../database/detection/scan.ts';
import { estimatedRows } from '../database/detection/estimated-rows.ts';
import { areDeletionsNoted, areManyNoted } from '../database/detection/outbox.ts';
import { entityTable } from '../database/table-names.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { parseInstant } from '../sync/instant.ts';
import type { ComparisonState } from './comparison-state.ts';
import type { TypeContext } from './context.ts';
import { DEFAULT_COMPARISON } from './dependencies.ts';
import { isAny } from './is-any.ts';

/** More changed rows than this are found faster by comparing all. */
const MANY = 20_000;

/** The least that a sweep adds to the full comparison of a type. */
const SMALLEST_SLICE = 200;

/** Before a row's cost is known. */
const FIRST_SLICE = 2_000;

/** In a table of more rows, what depends on a deleted source row waits for the turn of the full comparison. */
const SMALL = 50_000;

/**
 * Rows that the type reads beside its own have been deleted, which leaves no trace where they were. A preference is
 * somebody's consent, so that never waits.
 */
async function haveSourcesGone({ orm, process, mapping, type }: TypeContext, state: ComparisonState): Promise<boolean> {
  const em = orm.em.fork();
  const sources = new Set((mapping.affectedBy ?? []).flatMap((rows) => (rows.records === true ? [] : [rows.type])));
  const gone: string[] = [];
  for (const source of sources) {
    if (await areDeletionsNoted(em, entityTable(source))) continue;
    const seen = await deletionsSeen(em, source);
    if (seen !== null && state.haveSourcesGone(process.name, type, { source, seen })) gone.push(source);
  }
  return gone.includes('ContactPreference') || (gone.length > 0 && (await estimatedRows(em, type)) <= SMALL);
}

/** What everyday detection reads of a type: what has changed since a time. */
export interface Recent {
  readonly since: string;
  /** The keys of all that has changed, in order. */
  readonly recent: readonly EntityKey[];
}

/** What everyday detection reads of a type; null: compare it in full. */
export async function readRecent(context: TypeContext, state: ComparisonState): Promise<Recent | null> {
  const { orm, process, comparison = DEFAULT_COMPARISON, settleMs, mapping, type, detection } = context;
  if (comparison.fullEveryMs === 0 || !canReadRecent(mapping)) return null;
  if (await haveSourcesGone(context, state)) state.compareWhole(process.name, type);
  const since = state.bound(process.name, type, settleMs + comparison.stampMarginMs);
  if (since === null) return null;
  const age = Temporal.Now.instant().epochMilliseconds - parseInstant(since).epochMilliseconds;
  if (age > CHANGES_KEPT_MS) return null;
  const sources = (mapping.affectedBy ?? []).map((rows) => entityTable(rows.type));
  if (await areManyNoted(orm.em.fork(), [...sources, entityTable(type)], since)) return null;
  const recent = await recentKeys(orm.em.fork(), detection, since, { after: null, limit: MANY + 1 });
  return recent.length > MANY ? null : { since, recent };
}

export interface PlannedSlice {
  readonly from: EntityKey | null;
  /** Null: to the end. */
  readonly upTo: EntityKey | null;
  readonly isDue: boolean;
  readonly isGone: boolean;
}

/**
 * The next slice of the full comparison, sized so that one turn through the table takes SYNC_FULL_EVERY, or longer where
 * it would take more than its share of PostgreSQL. A slice with nothing due is finished here.
 *
 * @returns a slice with rows to hand over; null if there are none.
 */
export async function planSlice(context: TypeContext, state: ComparisonState): Promise<PlannedSlice | null> {
  const { orm, process, type, detection, comparison = DEFAULT_COMPARISON, processCount } = context;
  const em = orm.em.fork();
  const now = performance.now();
  const turn = state.turn(process.name, type, now);
  const elapsed = Math.min(now - turn.lastMs, comparison.fullEveryMs);
  const wanted = Math.ceil(((await estimatedRows(em, type)) * elapsed) / comparison.fullEveryMs);
  const budgetMs = (elapsed * comparison.fullShare) / 100 / processCount / process.mappings.length;
  const affordable = turn.perRowMs === null ? FIRST_SLICE : Math.floor(budgetMs / turn.perRowMs);
  const size = Math.max(SMALLEST_SLICE, Math.min(wanted, affordable));
  const keys = await entityKeys(em, type, { after: turn.after, limit: size });
  const upTo = keys.length < size ? null : (keys.at(-1) ?? null);
  const page = { after: turn.after, upTo, limit: 1 };
  const isDue = await isAny(() => scanDue(em, detection, page));
  const isGone = await isAny(() => scanGone(em, detection, page));
  const perRowMs = (performance.now() - now) / Math.max(keys.length, SMALLEST_SLICE);
  const isFinished = !isDue && !isGone;
  state.turnTo(process.name, type, { after: isFinished ? upTo : turn.after, lastMs: now, perRowMs });
  if (!isFinished) return { from: turn.after, upTo, isDue, isGone };
  if (upTo === null) await noteComparisons(em, process.name, [type]);
  return null;
}
