import { lowerBound, withMark, type SweepMark } from '../database/detection/lower-bound.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** The part of a type that one turn of the full comparison has reached. */
export interface Turn {
  /** The last key compared; null: at the beginning. */
  readonly after: EntityKey | null;
  /** Milliseconds of the process's clock: when the last slice was compared. */
  readonly lastMs: number;
  /** What one row of the last slice took; null: not known. */
  readonly perRowMs: number | null;
}

/** What a sweep becomes once it has handed over everything that it found. */
export interface PlannedMark extends SweepMark {
  /** The versions of the mappings it compared by. */
  readonly versions: Readonly<Partial<Record<EntityType, string>>>;
  /** The types of which every row was compared. */
  readonly whole: readonly EntityType[];
  /** The slices of the full comparison that the sweep holds: up to which key; null: to the end. */
  readonly slices: Readonly<Partial<Record<EntityType, EntityKey | null>>>;
}

interface OfProcess {
  marks: readonly SweepMark[];
  /** Types that this worker's sweeps have compared in full since it started. */
  readonly whole: Set<EntityType>;
  readonly turns: Map<EntityType, Turn>;
  readonly deletions: Map<EntityType, string>;
  /** By type and the type of a row that it reads beside. */
  readonly sourceDeletions: Map<string, string>;
}

/**
 * What this worker knows of its sweeps. It is lost with the worker, on purpose: after a start everything is compared in
 * full, and so after a changed declaration.
 */
export class ComparisonState {
  readonly #processes = new Map<SyncProcessName, OfProcess>();

  #of(process: SyncProcessName): OfProcess {
    const known = this.#processes.get(process);
    if (known !== undefined) return known;
    const state: OfProcess = {
      marks: [],
      whole: new Set(),
      turns: new Map(),
      deletions: new Map(),
      sourceDeletions: new Map(),
    };
    this.#processes.set(process, state);
    return state;
  }

  /** The time from which on the type must be read; null: it must be compared in full. */
  bound(process: SyncProcessName, type: EntityType, slackMs: number): string | null {
    const { marks, whole } = this.#of(process);
    return whole.has(type) ? lowerBound(marks, type, slackMs) : null;
  }

  /** @returns the types whose full comparison has come to its end. */
  keep(process: SyncProcessName, mark: PlannedMark, nowMs: number): EntityType[] {
    const state = this.#of(process);
    state.marks = withMark(state.marks, mark);
    const ended: EntityType[] = [];
    for (const type of mark.types) {
      const slice = mark.slices[type];
      if (mark.whole.includes(type)) {
        state.whole.add(type);
        state.turns.set(type, { after: null, lastMs: nowMs, perRowMs: state.turns.get(type)?.perRowMs ?? null });
        ended.push(type);
      } else if (slice !== undefined) {
        this.turnTo(process, type, { ...this.turn(process, type, nowMs), after: slice });
        if (slice === null) ended.push(type);
      }
    }
    return ended;
  }

  turn(process: SyncProcessName, type: EntityType, nowMs: number): Turn {
    return this.#of(process).turns.get(type) ?? { after: null, lastMs: nowMs, perRowMs: null };
  }

  turnTo(process: SyncProcessName, type: EntityType, turn: Turn): void {
    this.#of(process).turns.set(type, turn);
  }

  /** {@link deletionsSeen}, when every deletion up to then was known to be handed over. */
  deletionsHandled(process: SyncProcessName, type: EntityType): string | undefined {
    return this.#of(process).deletions.get(type);
  }

  /** @returns whether rows of a source have been deleted since this was asked last; false the first time. */
  haveSourcesGone(
    process: SyncProcessName,
    type: EntityType,
    { source, seen }: { source: string; seen: string },
  ): boolean {
    const { sourceDeletions } = this.#of(process);
    const key = `${type}/${source}`;
    const before = sourceDeletions.get(key);
    sourceDeletions.set(key, seen);
    return before !== undefined && before !== seen;
  }

  /** Until a sweep has compared all of the type, everyday detection does not read it. */
  compareWhole(process: SyncProcessName, type: EntityType): void {
    this.#of(process).whole.delete(type);
  }

  handledDeletions(process: SyncProcessName, type: EntityType, seen: string): void {
    this.#of(process).deletions.set(type, seen);
  }
}
