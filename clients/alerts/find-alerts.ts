import type { Direction, SyncProcessName } from '../../sync/sync-process-name.ts';
import { age } from '../cli/output.ts';
import type { Alert } from './alert.ts';

/** What the states are judged by. */
export interface Facts {
  readonly freshness: readonly {
    readonly process: SyncProcessName;
    readonly direction: Direction;
    /** Null: no success is known. */
    readonly secondsAgo: number | null;
    /** The longest time between two starts of its schedule. */
    readonly everySeconds: number;
  }[];
  readonly types: readonly {
    readonly process: SyncProcessName;
    readonly inSync: number;
    readonly due: number;
    readonly waiting: number;
    readonly failing: number;
    readonly parked: number;
    readonly suppressed: number;
    readonly held: number;
  }[];
  readonly paused: readonly { readonly process: SyncProcessName }[];
  /** Processes of which a row was brought in step lately. */
  readonly progress: readonly SyncProcessName[];
  readonly oscillating: ReadonlyMap<SyncProcessName, number>;
  readonly listeners: { readonly connected: number; readonly wanted: boolean };
}

/** Seconds without a success, of what starts every minute; {@link Facts.progress} covers as many. */
export const LATE_SECONDS = { outbound: 600, inbound: 1_800 } as const;

/** Seconds without a success after which a sweep or poll is late: those, after the time of its schedule. */
export const lateAfter = ({
  direction,
  everySeconds,
}: Pick<Facts['freshness'][number], 'direction' | 'everySeconds'>) =>
  LATE_SECONDS[direction] + Math.max(0, everySeconds - 60);

const FAILING_SHARE = 0.05;

/** The states that hold now; deploy/prometheus/alerts.yml has the same for Prometheus. */
export function findAlerts(facts: Facts): Alert[] {
  const processes = [...new Set(facts.types.map(({ process }) => process))];
  return [
    ...processes.flatMap((process) => [
      ...late(process, facts),
      ...failing(process, facts),
      ...held(process, facts),
      ...oscillating(process, facts),
    ]),
    ...listenerLost(facts),
  ];
}

/** A first load is not late: it makes progress. */
function late(process: SyncProcessName, { freshness, paused, progress }: Facts): Alert[] {
  if (paused.some((pause) => pause.process === process)) return [];
  const lateOne = (direction: Direction) =>
    freshness.find(
      (one) =>
        one.process === process &&
        one.direction === direction &&
        (one.secondsAgo ?? Number.POSITIVE_INFINITY) > lateAfter(one),
    );
  const common = { kind: 'LATE', process, remedy: 'npx ems-sync check' } as const;
  const [sweep, poll] = [lateOne('outbound'), lateOne('inbound')];
  const makesProgress = progress.includes(process);
  if (sweep !== undefined && !makesProgress) {
    const text = `${process}: no sweep has succeeded for more than ${age(lateAfter(sweep))}, and no row was brought in step`;
    return [{ ...common, text }];
  }
  if (poll === undefined || (poll.secondsAgo === null && makesProgress)) return [];
  return [{ ...common, text: `${process}: no poll has succeeded for more than ${age(lateAfter(poll))}` }];
}

function failing(process: SyncProcessName, { types }: Facts): Alert[] {
  const own = types.filter((type) => type.process === process);
  const fail = own.reduce((sum, type) => sum + type.failing, 0);
  const all = own.reduce(
    (sum, { inSync, due, waiting, parked, suppressed }) => sum + inSync + due + waiting + parked + suppressed,
    fail,
  );
  if (fail === 0 || fail / all < FAILING_SHARE) return [];
  const text = `${process}: ${fail} of ${all} rows fail`;
  return [{ kind: 'FAILING', process, text, remedy: `npx ems-sync failing --process ${process} --group code` }];
}

function held(process: SyncProcessName, { types }: Facts): Alert[] {
  const count = types.filter((type) => type.process === process).reduce((sum, type) => sum + type.held, 0);
  if (count === 0) return [];
  const text = `${process}: ${count} changes are held back until somebody approves them`;
  return [{ kind: 'HELD', process, text, remedy: 'npx ems-sync status' }];
}

function oscillating(process: SyncProcessName, facts: Facts): Alert[] {
  const count = facts.oscillating.get(process) ?? 0;
  if (count === 0) return [];
  const text = `${process}: ${count} rows change back and forth between EMS and the target`;
  return [{ kind: 'OSCILLATING', process, text, remedy: `npx ems-sync conflicts list --process ${process}` }];
}

function listenerLost({ listeners: { connected, wanted } }: Facts): Alert[] {
  if (!wanted || connected > 0) return [];
  const text = 'EMS notifies of its changes, and no listener is connected';
  return [{ kind: 'LISTENER', process: null, text, remedy: 'npm run listener' }];
}
