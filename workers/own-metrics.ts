import type { MetricMeter } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { DeliveredInline } from '../activities/deliver-inline.ts';
import type { DeliveredPage } from '../activities/deliver-page.ts';
import type { RecordInput } from '../activities/record.ts';
import type { Absorption, Resolution } from '../sync/absorption.ts';
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
  const success = meter.createGauge(LAST_SUCCESS, 'float', undefined, 'when a sweep or poll last succeeded');
  const progress = meter.createGauge(LAST_PROGRESS, 'float', undefined, PROGRESS_HELP);
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

/** Kinds of absorption after which the record knows the remote's state. Two of them have changed EMS. */
const ABSORBED: readonly string[] = ['unchanged', 'consent', 'drifted', 'unlinked', 'applied', 'conflict'];

/** What became of how many rows. */
interface Counted {
  readonly result: string;
  readonly count: number;
}

interface Results {
  readonly counted: readonly Counted[];
  readonly isProgress: boolean;
}

/**
 * Counts what became of rows, whichever activity writes it: `record` or `deliverInline` the delivery of a pair, `deliverPage` those of many,
 * `absorb` what a target has changed, `resolveRemote` a remote record that EMS did not know.
 */
export class CountedResults implements ActivityInboundCallsInterceptor {
  readonly #rows;
  readonly #progress;

  constructor(meter: MetricMeter) {
    this.#rows = meter.createCounter('ems_sync_rows_total', undefined, 'rows by result; unchanged: nothing was sent');
    this.#progress = meter.createGauge(LAST_PROGRESS, 'float', undefined, PROGRESS_HELP);
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const result = await next(input);
    const [first] = input.args;
    if (isOfType(first)) this.#count(first, resultsOf(first, result));
    return result;
  }

  #count({ process, type }: OfType, { counted, isProgress }: Results): void {
    for (const { result, count } of counted) this.#rows.add(count, { process, type, result });
    if (isProgress) this.#progress.set(Date.now() / 1_000, { process });
  }
}

const PROGRESS_HELP = 'when a row was last brought in step';

interface OfType {
  readonly process: string;
  readonly type: string;
}

const isOfType = (value: unknown): value is OfType => isObject(value) && 'process' in value && 'type' in value;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const hasKind = (value: unknown): value is { readonly kind: string } =>
  isObject(value) && 'kind' in value && typeof value.kind === 'string';

/** By the forms of {@link RecordInput}, {@link DeliveredInline}, {@link DeliveredPage}, {@link Absorption} and {@link Resolution}. */
function resultsOf(input: object, result: unknown): Results {
  if ('delivery' in input) {
    return recorded((input as RecordInput).delivery);
  }
  if (isObject(result) && 'isRecorded' in result) {
    const { delivery, isRecorded } = result as Extract<DeliveredInline, { readonly kind: 'delivered' }>;
    return isRecorded ? recorded(delivery) : { counted: [], isProgress: false };
  }
  if (isObject(result) && 'inSync' in result) {
    const { inSync, kinds = {} } = result as DeliveredPage;
    const counted = Object.entries(kinds).map(([kind, count]) => ({ result: kind, count }));
    return { counted, isProgress: inSync > 0 };
  }
  if (!hasKind(result)) return { counted: [], isProgress: false };
  // Of a delivery, `record` tells.
  if ('outboundDue' in result) return absorbed((result as Absorption).kind);
  if ('remoteId' in input && result.kind === 'linked') {
    const { rows } = result as Extract<Resolution, { readonly kind: 'linked' }>;
    const count = rows.filter(({ how }) => how !== 'known').length;
    return { counted: count === 0 ? [] : [{ result: 'linked', count }], isProgress: true };
  }
  return { counted: [], isProgress: false };
}

const recorded = ({ kind }: RecordInput['delivery']): Results => ({
  counted: [{ result: kind, count: 1 }],
  isProgress: PROGRESS.includes(kind),
});

/** What the outbound half of the same pass sends is counted by its own result. */
function absorbed(kind: Absorption['kind']): Results {
  const isCounted = kind === 'applied' || kind === 'conflict' || kind === 'unlinked';
  return { counted: isCounted ? [{ result: kind, count: 1 }] : [], isProgress: ABSORBED.includes(kind) };
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
