import { findDuePage, findGonePage } from '../database/detection/find-page.ts';
import { readHolds } from '../database/records/missing.ts';
import { findMissingColumns, formatMissing } from '../database/ems-shape.ts';
import type { EntityManager } from '../database/orm.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import { endHoldOf, heldBack } from './brake.ts';
import { isChild } from './children.ts';
import { isAboutNoRow } from './error-mapping.ts';
import { processContext, typeContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';

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
  /** Concurrent children, if more than usual can share a call. */
  readonly atOnce?: number;
}

/** As many as a worker gathers at once; more children would only wait. */
const GATHERED_AT_ONCE = 200;

export interface PlanInput {
  readonly process: SyncProcessName;
  /** Only what must not wait for a running sweep: opt-outs, and rows that are gone. */
  readonly only?: 'urgent';
}

/**
 * The steps of a sweep, in order: urgent rows (opt-outs), deliveries in dependency order (a race needs its event), then
 * removals in reverse (an event goes after its races). Types with nothing to do are left out, so an idle sweep ends
 * here.
 */
export async function planSweep(dependencies: Dependencies, input: PlanInput): Promise<PlannedStep[]> {
  const context = processContext(dependencies, input);
  const { orm, process } = context;
  const { bulk } = process.limits;
  const lanes = bulk === undefined ? {} : { atOnce: Math.min(bulk.itemsPerCall, GATHERED_AT_ONCE) };
  const em = orm.em.fork();
  const holds = await readHolds(em, [process.name]);
  const urgent: SweepStep[] = [];
  const due: SweepStep[] = [];
  const gone: SweepStep[] = [];
  const stopped: StoppedStep[] = [];
  for (const mapping of process.mappings) {
    const { type } = mapping;
    const missing = await missingFor(em, mapping);
    if (missing.length > 0) {
      stopped.push({ kind: 'stopped', type, reason: lacks(missing) });
      continue;
    }
    const ofType = typeContext(context, type);
    const { detection } = ofType;
    const first = { after: null, limit: 1, notBegun: input.only === 'urgent' };
    const { urgent: condition } = mapping;
    const isDue = input.only === undefined && (await isAny(() => findDuePage(em, detection, first)));
    if (isDue) {
      const held = isChild(mapping) ? null : await heldBack(ofType, 'update', holds);
      if (held !== null) stopped.push({ kind: 'stopped', type, reason: held, isHeld: true });
      due.push({
        kind: 'due',
        ...(isChild(mapping) ? { type: mapping.childOf.type, via: type } : { type }),
        ...(held === null ? {} : { withoutUpdates: true }),
        ...lanes,
      });
    } else if (input.only === undefined) await endHoldOf(ofType, 'update', holds);
    if (
      condition !== null &&
      (isDue || input.only === 'urgent') &&
      (await isAny(() => findDuePage(em, detection, { ...first, condition })))
    ) {
      urgent.push({ kind: 'due', type, only: 'urgent', ...lanes });
    }
    if (await isAny(() => findGonePage(em, detection, first))) {
      const held = isChild(mapping) ? null : await heldBack(ofType, 'delete', holds);
      if (held === null) gone.unshift({ kind: 'gone', type });
      else stopped.push({ kind: 'stopped', type, reason: held, isHeld: true });
    } else await endHoldOf(ofType, 'delete', holds);
  }
  return [...urgent, ...due, ...gone, ...stopped];
}

const lacks = (missing: readonly string[]) =>
  `EMS has no ${missing.join(', ')}: npx ems-sync check names everything that is missing`;

/** If a row breaks the query, include the step: its pages are then read in parts. */
async function isAny(find: () => Promise<readonly EntityKey[]>): Promise<boolean> {
  try {
    return (await find()).length > 0;
  } catch (error) {
    if (isAboutNoRow(error)) throw error;
    return true;
  }
}

/**
 * The columns and tables that the mapping reads and EMS lacks: of its own type, of its sources, and of types it refers
 * to.
 */
async function missingFor(em: EntityManager, { type, sources, referencedTypes }: EntityMapping): Promise<string[]> {
  const read = Object.values(sources).map((source) => source.type);
  return (await findMissingColumns(em, [type, ...read, ...referencedTypes])).map(formatMissing);
}
