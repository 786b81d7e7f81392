import { ParentClosePolicy, startChild, type ChildWorkflowHandle } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { EntityKey } from '../sync/entity-type.ts';
import { pageStartOptions } from './pair-start.ts';
import { Patience } from './patience.ts';
import type { TypeTotals } from './sweep-totals.ts';
import type { StoppedSending, SyncPageInput, SyncPageWorkflow } from './sync-page.ts';

/** A bulk call may take a minute and a half; if no page has ended for longer, the rest continue without the sweep. */
const PATIENCE_MS = 180_000;

/** A page that is under way. */
interface Flight {
  /** The last key before the place in the table where the page was found. */
  readonly after: EntityKey | null;
  readonly end: Promise<void>;
}

/** The pages of one step that are under way, a limited number at once. */
export class PageWindow {
  readonly #atOnce: number;
  readonly #counts: TypeTotals;
  readonly #onStarted: (children: number) => void;
  readonly #patience = new Patience(PATIENCE_MS);
  readonly #flights = new Set<Flight>();
  #stopped: StoppedSending | null = null;
  #ranOut = false;

  constructor({
    atOnce,
    counts,
    onStarted,
  }: {
    readonly atOnce: number;
    readonly counts: TypeTotals;
    readonly onStarted: (children: number) => void;
  }) {
    this.#atOnce = atOnce;
    this.#counts = counts;
    this.#onStarted = onStarted;
  }

  /** Why nothing can be sent now; null: it can, as far as the pages know. */
  get stopped(): StoppedSending | null {
    return this.#stopped;
  }

  /** Whether patience ran out with some page. */
  get ranOut(): boolean {
    return this.#ranOut;
  }

  /** Where the oldest page that is under way was found; undefined: none is. */
  get oldest(): EntityKey | null | undefined {
    return [...this.#flights][0]?.after;
  }

  /** Waits for a place, then starts the page. Several may be started at once: a page has its place before it has begun. */
  async start(page: SyncPageInput, after: EntityKey | null): Promise<void> {
    while (this.#flights.size >= this.#atOnce) await Promise.race([...this.#flights].map(({ end }) => end));
    const starting = startPage(page);
    const flight: Flight = {
      after,
      // Whoever starts the page gets the error.
      end: starting.then(
        (child) => this.#fly(child, page.keys.length).finally(() => this.#flights.delete(flight)),
        () => void this.#flights.delete(flight),
      ),
    };
    this.#flights.add(flight);
    await starting;
  }

  /** Never rejects. */
  async #fly(child: ChildWorkflowHandle<SyncPageWorkflow> | null, rows: number): Promise<void> {
    if (child === null) {
      this.#counts.due += rows;
      this.#counts.busy += rows;
      return;
    }
    this.#onStarted(1);
    await this.#follow(child, rows);
  }

  /** Waits until all have ended, or patience has run out. */
  async drain(): Promise<void> {
    while (this.#flights.size > 0) await Promise.race([...this.#flights].map(({ end }) => end));
    this.#patience.end();
  }

  /** Never rejects. A page that fails is counted, and the next sweep finds its rows again. */
  async #follow(child: ChildWorkflowHandle<SyncPageWorkflow>, rows: number): Promise<void> {
    const ended = await Promise.race([
      child.result().catch(() => failed(rows)),
      this.#patience.over().then(() => null),
    ]);
    if (ended === null) {
      this.#ranOut = true;
      add(this.#counts, { due: rows, started: rows, leftRunning: rows });
      return;
    }
    this.#patience.progress();
    add(this.#counts, ended.counts);
    this.#onStarted(ended.counts.due - ended.counts.inSync);
    this.#stopped ??= ended.stopped ?? null;
  }
}

/** Null: a page that begins with the same row is under way. */
async function startPage(page: SyncPageInput): Promise<ChildWorkflowHandle<SyncPageWorkflow> | null> {
  try {
    return await startChild<SyncPageWorkflow>('syncPage', {
      ...pageStartOptions(page),
      args: [page],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

const failed = (rows: number): { readonly counts: Counted; readonly stopped?: StoppedSending } => ({
  counts: { due: rows, inSync: 0, started: rows, failed: rows },
});

type Counted = Pick<TypeTotals, 'due' | 'inSync'> & Partial<TypeTotals>;

function add(counts: TypeTotals, more: Partial<TypeTotals>): void {
  for (const name of Object.keys(counts) as (keyof TypeTotals)[]) counts[name] += more[name] ?? 0;
}
