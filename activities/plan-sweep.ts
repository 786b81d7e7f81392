import { deletedKeys, deletionsSeen } from '../database/detection/deletions.ts';
import { takeMoment, type Moment } from '../database/detection/lower-bound.ts';
import { scanDue, scanGone, type Scan, type ScannedPage, type ScanRequest } from '../database/detection/scan.ts';
import { readHolds, type Hold } from '../database/records/missing.ts';
import { findMissingColumns, formatMissing } from '../database/ems-shape.ts';
import type { EntityManager } from '../database/orm.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import { typesReadBy } from '../targets/types-read.ts';
import { endHoldOf, heldBack } from './brake.ts';
import { leastHeld } from '../sync/brake-limit.ts';
import { isChild } from './children.ts';
import { among, findSome, isFound, type FoundDue } from './found-due.ts';
import { isAny } from './is-any.ts';
import type { ComparisonState, PlannedMark } from './comparison-state.ts';
import { processContext, typeContext, type TypeContext } from './context.ts';
import { DEFAULT_PAGE_THRESHOLD, type Dependencies } from './dependencies.ts';
import { keepMark } from './keep-mark.ts';
import { measureDue } from './measure-due.ts';
import { planSlice, readRecent } from './plan-slice.ts';

/** A step of a sweep, or a type that cannot be swept. */
export type PlannedStep = SweepStep | StoppedStep;

/**
 * EMS lost a column that the type's mapping reads, or the type cannot be read: until that is fixed, nothing of it is
 * sent and nothing is cleared.
 */
export interface StoppedStep {
  readonly kind: 'stopped';
  readonly type: EntityType;
  /** For example `EMS has no person.nationality`. */
  readonly reason: string;
  /** The brake holds it back until an operator approves it; only that kind of work is stopped. */
  readonly isHeld?: true;
  /** The process is in shadow mode: nothing of it is swept, and a dry run tells what would be. */
  readonly isShadow?: true;
}

/** One step of a sweep: delivers the due rows of a type, or removes those that are gone. */
export interface SweepStep {
  readonly kind: 'due' | 'gone';
  /** The type whose workflows are started. */
  readonly type: EntityType;
  /** The type of the due rows; `type` is that of their parents. */
  readonly via?: EntityType;
  /** Only rows that go before all others. */
  readonly only?: 'urgent';
  /** The brake holds back changes of rows that the target has: only other rows are found. */
  readonly withoutUpdates?: true;
  /** Only rows that have changed since this time, or have outstanding work. Absent: all in the range. */
  readonly since?: string;
  /** Rows deleted in EMS are looked for, too. */
  readonly deletions?: boolean;
  /** The range of keys: above `from`, up to `upTo`. Absent: all. */
  readonly from?: EntityKey | null;
  readonly upTo?: EntityKey;
  /** In a plan's first step: what its sweep becomes once it has handed over everything. */
  readonly mark?: PlannedMark;
  /** Concurrent children, if more than usual can share a call. */
  readonly atOnce?: number;
  /** So many rows are due that they are delivered in pages. */
  readonly pages?: PagesOfStep;
}

/** How a step's rows are delivered together. */
export interface PagesOfStep {
  /** The most rows in one call. */
  readonly rows: number;
  /** Pages under way at once. */
  readonly atOnce: number;
}

/** As many as a worker gathers at once; more children would only wait. */
const GATHERED_AT_ONCE = 200;

/**
 * A scan that does not come to its end counts as one that has found something, and all rows are counted once more. A plan
 * has time to go through a million rows.
 */
const SCAN_MS = 120_000;

export interface PlanInput {
  readonly process: SyncProcessName;
  /** Only what must not wait for a running sweep: opt-outs, and rows that are gone. */
  readonly only?: 'urgent';
  /** Compare every row, not only what has changed lately. */
  readonly full?: boolean;
  /** Asked by a sweep that is under way: it neither ends nor begins a part of the full comparison. */
  readonly beside?: boolean;
}

/**
 * The steps of a sweep, in order: urgent rows (opt-outs), deliveries in dependency order (a race needs its event), then
 * removals in reverse (an event goes after its races). Types with nothing to do are left out, so an idle sweep ends
 * here.
 */
export async function planSweep(
  dependencies: Dependencies,
  state: ComparisonState,
  input: PlanInput,
): Promise<PlannedStep[]> {
  const context = processContext(dependencies, input);
  const { process } = context;
  const em = context.orm.em.fork();
  const isBeside = input.beside === true || input.only === 'urgent';
  const moment = await takeMoment(em);
  const holds = await readHolds(em, [process.name]);
  const urgent: SweepStep[] = [];
  const due: SweepStep[] = [];
  const gone: SweepStep[] = [];
  const stopped: StoppedStep[] = [];
  const compared: ComparedType[] = [];
  for (const mapping of process.mappings) {
    const { type } = mapping;
    const missing = await missingFor(em, mapping);
    if (missing.length > 0) {
      stopped.push({ kind: 'stopped', type, reason: lacks(missing) });
      continue;
    }
    const one = await planType(typeContext(context, type), state, { ...input, holds });
    urgent.push(...one.urgent);
    due.push(...one.due);
    gone.unshift(...one.gone);
    stopped.push(...one.held);
    compared.push(one);
  }
  const steps = [...urgent, ...due, ...gone];
  if (isBeside) return [...steps, ...stopped];
  const mark = markOf(moment, compared);
  const [first, ...others] = steps;
  if (first !== undefined) return [{ ...first, mark }, ...others, ...stopped];
  await keepMark(dependencies, state, { process: process.name, mark, except: stopped.map(({ type }) => type) });
  return stopped;
}

function markOf(moment: Moment, compared: readonly ComparedType[]): PlannedMark {
  return {
    ...moment,
    types: compared.map(({ type }) => type),
    versions: Object.fromEntries(compared.map(({ type, version }) => [type, version])),
    whole: compared.filter(({ since }) => since === undefined).map(({ type }) => type),
    slices: Object.fromEntries(compared.flatMap(({ type, slice }) => (slice === undefined ? [] : [[type, slice]]))),
  };
}

/** What a plan found of one type. */
interface ComparedType {
  readonly type: EntityType;
  readonly version: string;
  /** Absent: the type was compared in full. */
  readonly since?: string;
  /** A slice with something due, up to this key (null: to the end); absent: no such slice. */
  readonly slice?: EntityKey | null;
  readonly urgent: readonly SweepStep[];
  readonly due: readonly SweepStep[];
  readonly gone: readonly SweepStep[];
  /** What the brake holds back. */
  readonly held: readonly StoppedStep[];
}

async function planType(
  context: TypeContext,
  state: ComparisonState,
  input: PlanInput & { readonly holds: readonly Hold[] },
): Promise<ComparedType> {
  const { holds } = input;
  const held: StoppedStep[] = [];
  const isHeld = async (kind: 'update' | 'delete', isAny: boolean) => {
    if (!isAny) await endHoldOf(context, kind, holds);
    const reason = !isAny || isChild(mapping) ? null : await heldBack(context, kind, holds);
    if (reason !== null) held.push({ kind: 'stopped', type, reason, isHeld: true });
    return reason !== null;
  };
  const { orm, process, detection, mapping, type } = context;
  const { bulk } = process.limits;
  const lanes = bulk === undefined ? {} : { atOnce: Math.min(bulk.itemsPerCall, GATHERED_AT_ONCE) };
  const em = orm.em.fork();
  const recent = input.full === true ? null : await readRecent(context, state);
  const since = recent?.since ?? null;
  const scope: Scan = since === null ? {} : { since };
  const looked: Scan = recent ?? {};
  const isUrgent = input.only === 'urgent';
  const first = { ...looked, after: null, limit: 1, notBegun: isUrgent, forMs: SCAN_MS };
  // Counting all that is due reads the whole table: not for a few that have changed.
  const least = Math.max(1, leastHeld('update', context.brakeLimits));
  const enough = Math.max(least, pagesFrom(context));
  // What has changed is few, so that one look answers every question of this plan.
  const found = isUrgent || since === null ? null : await findSome(context, { ...first, limit: enough });
  // Whether anything is due, and whether that is enough for pages: by one look at the table, too.
  const asked = pageable(context) !== null && !isUrgent && since === null && input.beside !== true;
  const many = found ?? (asked ? await findSome(context, { ...first, limit: pagesFrom(context) }) : null);
  const isDue = !isUrgent && (many === null ? await isAny(() => scanDue(em, detection, first)) : isFound(many));
  const dueStep = isChild(mapping) ? { type: mapping.childOf.type, via: type } : { type };
  const slice = since === null || isUrgent || input.beside === true ? null : await planSlice(context, state);
  const isEver = isDue || slice?.isDue === true;
  const areFew =
    found !== null &&
    found !== 'spoilt' &&
    slice?.isDue !== true &&
    !holds.some((hold) => hold.type === type) &&
    found.next === null &&
    found.keys.length < least;
  const limited = !isUrgent && !areFew && (await isHeld('update', isEver)) ? { withoutUpdates: true as const } : {};
  const paged = isDue && input.beside !== true ? await pagesOf(context, first, many) : {};
  const due: SweepStep[] = isDue ? [{ kind: 'due', ...dueStep, ...scope, ...limited, ...lanes, ...paged }] : [];
  const { urgent: condition } = mapping;
  const urgent: SweepStep[] =
    condition !== null &&
    (isDue || isUrgent) &&
    (await isAny(() => scanDue(em, detection, { ...first, ...among(found), condition })))
      ? [{ kind: 'due', type, only: 'urgent', ...scope, ...lanes }]
      : [];
  const leaving = await planGone(context, state, { scope, looked, notBegun: isUrgent });
  const isGoneHeld = await isHeld('delete', leaving.length > 0 || slice?.isGone === true);
  if (!isUrgent)
    await measureDue(context, { scope: looked, due: among(many).recent ?? null, isDue, isGone: leaving.length > 0 });
  const gone = isGoneHeld ? [] : leaving;
  const whole = { type, version: mapping.version, urgent, due, gone, held };
  if (since === null) return whole;
  if (slice === null) return { ...whole, since };
  const { from, upTo, isDue: isSliceDue, isGone } = slice;
  const range = { from, ...(upTo === null ? {} : { upTo }) };
  return {
    ...whole,
    since,
    slice: upTo,
    due: isSliceDue ? [...due, { kind: 'due', ...dueStep, ...range, ...limited, ...lanes }] : due,
    gone: isGone && !isGoneHeld ? [...gone, { kind: 'gone', type, ...range }] : gone,
  };
}

/** Whether so much is due that it is delivered in pages, and how. */
async function pagesOf(
  context: TypeContext,
  first: ScanRequest,
  found: FoundDue | null,
): Promise<Pick<SweepStep, 'pages'>> {
  const { orm, process, detection } = context;
  const bulk = pageable(context);
  if (bulk === null) return {};
  const many = pagesFrom(context);
  const em = orm.em.fork();
  const few =
    found === null || found === 'spoilt'
      ? await isFewerThan(many, () => scanDue(em, detection, { ...first, limit: many }))
      : found.keys.length < many && found.next === null;
  if (few) return {};
  return { pages: { rows: bulk.itemsPerCall, atOnce: process.limits.concurrentCalls } };
}

/** The limits of the bulk calls by which rows of this type can be delivered in pages; null: they cannot. */
function pageable({ process, remote, mapping, pageThreshold }: TypeContext) {
  const { bulk } = process.limits;
  return remote.bulk?.sendPage === undefined || isChild(mapping) || pageThreshold === 0 ? null : (bulk ?? null);
}

/** So many rows are delivered in pages. */
const pagesFrom = ({ pageThreshold = DEFAULT_PAGE_THRESHOLD }: TypeContext) => pageThreshold + 1;

/** False if a row breaks the query. */
async function isFewerThan(least: number, find: () => Promise<ScannedPage>): Promise<boolean> {
  return !(await isAny(async () => {
    const { keys, next } = await find();
    return { keys: keys.slice(least - 1), next };
  }));
}

async function planGone(
  { orm, process, detection, type }: TypeContext,
  state: ComparisonState,
  { scope, looked, notBegun }: { readonly scope: Scan; readonly looked: Scan; readonly notBegun: boolean },
): Promise<SweepStep[]> {
  const em = orm.em.fork();
  const seen = await deletionsSeen(em, type);
  const isNew = seen === null || state.deletionsHandled(process.name, type) !== seen;
  const deletions = isNew && (await isAny(async () => ({ keys: await deletedKeys(em, detection, FIRST), next: null })));
  if (!deletions && seen !== null) state.handledDeletions(process.name, type, seen);
  const page = { ...looked, after: null, limit: 1, notBegun, forMs: SCAN_MS };
  if (!deletions && !(await isAny(() => scanGone(em, detection, page)))) return [];
  return [{ kind: 'gone', type, ...scope, ...(deletions ? { deletions } : {}) }];
}

const FIRST = { after: null, limit: 1 } as const;

const lacks = (missing: readonly string[]) =>
  `EMS has no ${missing.join(', ')}: npx ems-sync check names everything that is missing`;

/**
 * The columns and tables that the mapping reads and EMS lacks: of its own type, of its sources, and of types it refers
 * to.
 */
async function missingFor(em: EntityManager, mapping: EntityMapping): Promise<string[]> {
  return (await findMissingColumns(em, typesReadBy(mapping))).map(formatMissing);
}
