import { metricMeter, workflowInfo } from '@temporalio/workflow';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';

/** Ends after which everything that was to be looked at has been. */
const SUCCESSES: readonly string[] = ['complete', 'held', 'limit', 'shadow'];

/** Counts a sweep's or poll's end in the worker's metrics, and notes the time of a successful one. */
export function reportEnd(process: SyncProcessName, direction: Direction, ended: string): void {
  metricMeter.createCounter('ems_sync_sweeps_total').add(1, { process, direction, ended });
  if (!SUCCESSES.includes(ended)) return;
  const seconds = workflowInfo().unsafe.now() / 1_000;
  metricMeter.createGauge('ems_sync_last_success_timestamp_seconds', 'float').set(seconds, { process, direction });
}
