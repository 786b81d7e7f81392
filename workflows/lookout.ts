import { CancellationScope, isCancellation, log, sleep } from '@temporalio/workflow';
import type { FindInput, FoundPage } from '../activities/find-due.ts';
import type { PlannedStep, SweepStep } from '../activities/plan-sweep.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { planActivities, sweepActivities } from './activity-proxies.ts';

/** How often a sweep looks for what is urgent. Most sweeps are over before. */
const LOOK_EVERY = '15 seconds';

/** Each so many looks are for types that have become due as well: a plan of all types costs more than one for what is urgent. */
const LOOKS_BETWEEN_PLANS = 4;

/** Rows of a type that has become due, delivered beside the sweep's own page: the rest waits for the next look. */
const ROWS_BESIDE = 50;

const URGENT_PAGE_SIZE = 200;

/** Which page of a step. */
export type PageBounds = Pick<FindInput, 'after' | 'upTo' | 'limit' | 'notBegun'>;

export function findPageOf(process: SyncProcessName, step: SweepStep, page: PageBounds): Promise<FoundPage> {
  const find = step.kind === 'due' ? sweepActivities.findDue : sweepActivities.findGone;
  const { kind: _, atOnce: __, mark: ___, ...looked } = step;
  return find({ process, ...looked, ...page });
}

/**
 * Looks around beside a long sweep, again and again until it is stopped. The first page of a sweep can take minutes, so this does
 * not wait for pages to end.
 */
export class Lookout {
  readonly #look: (looks: number) => Promise<void>;
  readonly #waiting = new CancellationScope();
  #running: Promise<void> | null = null;
  #stopped = false;

  /** @param look is told how often there was a look before. Its failure ends nothing: the next one is made all the same. */
  constructor(look: (looks: number) => Promise<void>) {
    this.#look = look;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Waits for what a look has begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.cancel();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    for (let looks = 0; !this.#stopped; looks += 1) {
      try {
        await this.#waiting.run(() => sleep(LOOK_EVERY));
        await this.#look(looks);
      } catch (error) {
        if (isCancellation(error)) return;
        log.warn('a sweep could not look for what is urgent', { error });
      }
    }
  }
}

export interface LookAround {
  readonly process: SyncProcessName;
  /** The sweep compares every row. */
  readonly full: boolean;
  readonly looks: number;
  /** The steps that the sweep has not reached yet. */
  readonly ahead: readonly PlannedStep[];
  /** The step that the sweep is at, and the last key before its page. Rows of the page itself are its own. */
  readonly at: { readonly step: SweepStep; readonly after: EntityKey | null } | null;
  readonly deliver: (step: SweepStep, page: FoundPage) => Promise<unknown>;
  /** The sweep is to end, whatever is left. */
  readonly isEnough: () => boolean;
}

/**
 * Delivers what must not wait for the end of a sweep: every opt-out and every row that is gone; and, less often, some rows of types
 * that the sweep is at or has passed.
 */
export async function lookAround({ process, full, looks, ahead, at, deliver, isEnough }: LookAround): Promise<void> {
  const urgent = await planActivities.planSweep({ process, only: 'urgent', full });
  for (const step of urgent) {
    let after: EntityKey | null = null;
    do {
      if (step.kind === 'stopped' || isEnough()) break;
      const page: FoundPage = await findPageOf(process, step, { after, limit: URGENT_PAGE_SIZE, notBegun: true });
      await deliver(step, page);
      after = page.next;
    } while (after !== null);
  }
  if (looks % LOOKS_BETWEEN_PLANS > 0) return;
  for (const step of await planActivities.planSweep({ process, full, beside: true })) {
    if (step.kind !== 'due' || step.only !== undefined || isEnough() || ahead.some((one) => isSameStep(one, step)))
      continue;
    const bounds = at === null || !isSameStep(at.step, step) ? {} : at.after;
    if (bounds === null) continue;
    const upTo = typeof bounds === 'string' ? { upTo: bounds } : {};
    await deliver(step, await findPageOf(process, step, { after: null, ...upTo, limit: ROWS_BESIDE, notBegun: true }));
  }
}

const isSameStep = (one: PlannedStep, other: SweepStep): boolean =>
  one.kind === other.kind && one.type === other.type && one.via === other.via && one.only === other.only;
