import type { MetricMeter } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { RecordInput } from '../activities/record.ts';
import type { Direction } from '../sync/sync-process-name.ts';
import { TARGETS } from '../targets/index.ts';
import { onRemoteCall } from '../targets/remote-calls.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

/** Seconds. The SDK's own buckets are for milliseconds. */
export const METRIC_BUCKETS = { ems_sync_remote_call_seconds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };

/** The time of the last success or progress, in seconds since 1970; 0: there was none since the worker's start. */
export const LAST_SUCCESS = 'ems_sync_last_success_timestamp_seconds';
const LAST_PROGRESS = 'ems_sync_last_progress_timestamp_seconds';

/** A process, and the longest time between two of its sweeps or polls in seconds. */
export interface Scheduled {
  readonly name: SyncProcess['name'];
  readonly gaps: Readonly<Partial<Record<Direction, number>>>;
}

/** Shows every process from the start, so that an alert notices one that never succeeds. */
export function beginWithoutSuccess(meter: MetricMeter, processes: readonly Scheduled[]): void {
  const gap = meter.createGauge('ems_sync_schedule_gap_seconds', 'int', undefined, 'longest time between two of them');
  const success = meter.createGauge(LAST_SUCCESS, 'int', undefined, 'when a sweep or poll last succeeded');
  const progress = meter.createGauge(LAST_PROGRESS, 'int', undefined, PROGRESS_HELP);
  for (const { name, gaps } of processes) {
    progress.set(0, { process: name });
    for (const [direction, seconds] of Object.entries(gaps)) {
      success.set(0, { process: name, direction });
      gap.set(seconds, { process: name, direction });
    }
  }
}

/** Kinds of delivery after which the pair is as it should be. */
const PROGRESS: readonly string[] = ['unchanged', 'created', 'updated', 'removed', 'shared', 'suppressed', 'erased'];

/** Counts the results that are recorded; of `unchanged` ones nothing was sent. */
export class CountedResults implements ActivityInboundCallsInterceptor {
  readonly #rows;
  readonly #progress;

  constructor(meter: MetricMeter) {
    this.#rows = meter.createCounter('ems_sync_rows_total', undefined, 'rows by result; unchanged: nothing was sent');
    this.#progress = meter.createGauge(LAST_PROGRESS, 'int', undefined, PROGRESS_HELP);
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const result = await next(input);
    if (isRecord(input.args)) this.#count(input.args[0]);
    return result;
  }

  #count({ process, type, delivery: { kind } }: RecordInput): void {
    this.#rows.add(1, { process, type, result: kind });
    if (PROGRESS.includes(kind)) this.#progress.set(Math.floor(Date.now() / 1_000), { process });
  }
}

const PROGRESS_HELP = 'when a row was last brought in step';

function isRecord(args: readonly unknown[]): args is readonly [RecordInput] {
  const [input] = args;
  return typeof input === 'object' && input !== null && 'delivery' in input && 'type' in input && 'process' in input;
}

/** Measures every call of a target. @returns ends it. */
export function measureRemoteCalls(meter: MetricMeter): () => void {
  const seconds = meter.createHistogram('ems_sync_remote_call_seconds', 'float', undefined, 'calls of targets');
  return onRemoteCall((call) => {
    seconds.record(call.seconds, { process: processNamed(call.target), outcome: call.outcome });
  });
}

/** `TagServer` is the target of TAGSERVER. */
function processNamed(target: string): string {
  const name = target.toUpperCase();
  return TARGETS.some(({ process }) => process.name === name) ? name : 'OTHER';
}
