import { WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { SWEEP_WORKFLOWS, sweepStartOptions, type AnySweepResult, type SweepWorkflow } from './sweep-start.ts';

export interface RequestedSweep {
  readonly workflowId: string;
  /** True: a sweep that was requested earlier is still running, and no new one was started. */
  readonly wasRunning: boolean;
  readonly handle: WorkflowHandle<SweepWorkflow>;
}

/**
 * Starts one sweep now. The schedule's runs have other ids; two concurrent sweeps leave each other's child workflows
 * alone.
 *
 * @param options `full`: an outbound sweep compares every row, and not only what has changed lately.
 * @throws RangeError if this release has no sweep of that direction.
 */
export async function requestSweep(
  client: Client,
  process: SyncProcessName,
  direction: Direction,
  { full = false }: { readonly full?: boolean } = {},
): Promise<RequestedSweep> {
  const workflowType = SWEEP_WORKFLOWS[direction];
  if (workflowType === undefined) throw new RangeError(`this release has no ${direction} sweeps`);
  const options = { ...sweepStartOptions(process, direction), ...(full ? { args: [{ process, full }] as const } : {}) };
  const { workflowId } = options;
  try {
    const handle = await client.workflow.start<SweepWorkflow>(workflowType, options);
    return { workflowId, wasRunning: false, handle };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { workflowId, wasRunning: true, handle: client.workflow.getHandle<SweepWorkflow>(workflowId) };
  }
}

/**
 * The result of a sweep, its continuations included; null if it does not end in time. The sweep then continues.
 *
 * @throws WorkflowFailedError if the sweep failed.
 */
export async function sweepResult(
  { handle }: RequestedSweep,
  client: Client,
  timeoutMs: number,
): Promise<AnySweepResult | null> {
  const deadline = Date.now() + timeoutMs;
  try {
    return await client.withDeadline(deadline, () => handle.result());
  } catch (error) {
    if (Date.now() >= deadline && !(error instanceof WorkflowFailedError)) return null;
    throw error;
  }
}
