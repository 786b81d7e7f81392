import type { Client } from '@temporalio/client';
import type { Orm } from '../../../database/orm.ts';
import { countInSync, InSyncCounts, readNumbers, type TypeNumbers } from '../../../database/records/numbers.ts';
import { readHolds, type Hold } from '../../../database/records/missing.ts';
import { readPauses } from '../../../database/records/pauses.ts';
import { readProcessStates } from '../../../database/records/process-states.ts';
import { longestGapSeconds } from '../../../settings/cron-expression.ts';
import type { Pause } from '../../../sync/pause.ts';
import type { Direction, SyncProcessName } from '../../../sync/sync-process-name.ts';
import { sweepWorkflowId } from '../../../sync/workflow-ids.ts';
import { TARGETS } from '../../../targets/index.ts';
import { cronOfSchedule } from '../../schedules.ts';
import { countFailures, type FailureGroup } from '../../find-failures.ts';
import { SWEEP_WORKFLOWS } from '../../sweep-start.ts';

/** When a sweep or poll last looked at everything. */
export interface Freshness {
  readonly process: SyncProcessName;
  readonly direction: Direction;
  /** Null: none that Temporal still knows. */
  readonly secondsAgo: number | null;
  /** The longest time between two starts of its schedule; 60 if there is no schedule. */
  readonly everySeconds: number;
}

export interface Overview {
  readonly at: string;
  readonly freshness: readonly Freshness[];
  readonly types: readonly (TypeNumbers & { readonly inSync: number })[];
  readonly failures: readonly FailureGroup[];
  readonly paused: readonly Pause[];
  readonly held: readonly Hold[];
  /** Processes that are off, with the settings that they lack. */
  readonly off: readonly { readonly process: SyncProcessName; readonly missing: readonly string[] }[];
}

const EVERY_MINUTE = 60;

/** Reads what the page shows: no whole table, and of Temporal a schedule and one short list for each direction. */
export class OverviewReader {
  readonly #orm: Orm;
  readonly #temporal: Client;
  readonly #inSync = new InSyncCounts();
  readonly #gaps = new Map<string, number>();

  constructor({ orm, temporal }: { readonly orm: Orm; readonly temporal: Client }) {
    this.#orm = orm;
    this.#temporal = temporal;
  }

  /** @throws the error of a server that cannot be reached. */
  async read(nowMs: number): Promise<Overview> {
    const em = this.#orm.em.fork();
    const states = await readProcessStates(em);
    const all = TARGETS.map(({ process }) => process);
    const isOn = (name: SyncProcessName) => states.some((state) => state.name === name && state.isOn);
    const processes = all.filter(({ name }) => isOn(name));
    const numbers = await readNumbers(em, processes);
    const inSync = await this.#inSync.get(() => countInSync(em, processes));
    return {
      at: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
      freshness: await Promise.all(
        processes.flatMap(({ name, directions }) =>
          directions.map(async (direction) => ({
            process: name,
            direction,
            secondsAgo: await this.#lastSuccess(name, direction, nowMs),
            everySeconds: await this.#gapOf(name, direction),
          })),
        ),
      ),
      types: numbers.map((type) => ({ ...type, inSync: inSync.get(`${type.process}/${type.type}`) ?? 0 })),
      failures: await countFailures(this.#orm, processes, {}),
      paused: await readPauses(em),
      held: (
        await readHolds(
          em,
          processes.map(({ name }) => name),
        )
      ).filter(({ approvedOn }) => approvedOn === null),
      off: all
        .filter(({ name }) => !isOn(name))
        .map(({ name }) => ({ process: name, missing: states.find((state) => state.name === name)?.missing ?? [] })),
    };
  }

  /** The gateway does not have the targets' settings, so the schedule itself is read. */
  async #gapOf(process: SyncProcessName, direction: Direction): Promise<number> {
    const cron = await cronOfSchedule(this.#temporal, sweepWorkflowId(process, direction));
    if (cron === null) return EVERY_MINUTE;
    const known = this.#gaps.get(cron) ?? longestGapSeconds(cron);
    this.#gaps.set(cron, known);
    return known;
  }

  /** The list begins with the newest. A run that holds something back, or only reports, has looked at everything too. */
  async #lastSuccess(process: SyncProcessName, direction: Direction, nowMs: number): Promise<number | null> {
    const type = SWEEP_WORKFLOWS[direction];
    if (type === undefined) return null;
    const query = `WorkflowType = "${type}" AND SyncProcess = "${process}" AND ExecutionStatus = "Completed"
      AND SyncOutcome IN ("IN_SYNC", "PENDING", "NOTHING")`;
    for await (const { closeTime } of this.#temporal.workflow.list({ query, pageSize: 1 }))
      if (closeTime !== undefined) return Math.max(0, Math.floor((nowMs - closeTime.getTime()) / 1_000));
    return null;
  }
}
