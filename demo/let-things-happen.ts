import { type Change, keepChanging } from '../simulators/ems/index.ts';
import { keepHappening } from './happen.ts';
import { randomFor } from './random.ts';
import type { DemoSystem } from './start-system.ts';

/** Between two changes of the sample EMS, in milliseconds. */
const CHANGE_EVERY_MS = 2_000;

/** Between two things that people do at the targets, in milliseconds. */
const HAPPENING_EVERY_MS = 3_000;

/**
 * Keeps changing EMS and the targets, as people do, until `stack` is disposed.
 *
 * @returns a function that describes it in one line, empty at first.
 */
export function letThingsHappen(system: DemoSystem, seed: number, stack: AsyncDisposableStack): () => string {
  const { databaseUrl } = system;
  const stop = new AbortController();
  const { signal } = stop;
  const changes = { count: 0, last: '' };
  const happenings = { count: 0, last: '' };
  const changing = keepChanging({
    databaseUrl,
    seed,
    everyMs: CHANGE_EVERY_MS,
    signal,
    onChange(change) {
      changes.count += 1;
      changes.last = describeChange(change);
    },
  });
  const scene = { databaseUrl, rng: randomFor('happen', seed) };
  const happening = keepHappening(system, scene, {
    everyMs: HAPPENING_EVERY_MS,
    signal,
    onHappening(what) {
      happenings.count += 1;
      happenings.last = what;
    },
  });
  stack.defer(async () => {
    stop.abort();
    await Promise.all([changing, happening]);
  });
  return () =>
    [
      ...(changes.count === 0 ? [] : [`${changes.count} changes of EMS, the last: ${changes.last}`]),
      ...(happenings.count === 0 ? [] : [`${happenings.count} at the targets, the last: ${happenings.last}`]),
    ].join('; ');
}

function describeChange({ kind, outcome, rows }: Change): string {
  const named = rows.map(({ table, id }) => `${table} ${id}`).join(', ');
  return outcome === 'done' ? `${kind} (${named})` : `${kind}: ${outcome}`;
}
