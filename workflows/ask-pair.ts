import { ApplicationFailure, getExternalWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, type Priority } from '@temporalio/common';
import { PRIORITY, pairStartOptions, type PairRef } from './pair-start.ts';
import { requestedSignal, type SyncEntityWorkflow, type SyncRequest } from './pair-requests.ts';

/** Requests a pass of another pair without waiting for its end: the other pair may be waiting for this one. */
export async function askPair(
  pair: PairRef,
  request: SyncRequest,
  priority: Priority = PRIORITY.onDemand,
): Promise<void> {
  const options = pairStartOptions(pair, request === 'inbound' ? 'inbound' : 'outbound', priority);
  for (;;) {
    try {
      await startChild<SyncEntityWorkflow>('syncEntity', {
        ...options,
        args: [{ ...pair, requests: [request] }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (await signalRunning(options.workflowId, request)) return;
  }
}

/** @returns false if it has just ended, so that it can be started. */
export async function signalRunning(workflowId: string, request: SyncRequest): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(requestedSignal, request);
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return false;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApplicationFailure || (error instanceof Error && /not found/i.test(error.message));
}
