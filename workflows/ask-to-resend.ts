import { ApplicationFailure, getExternalWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { PRIORITY, pairStartOptions, type PairRef } from './pair-start.ts';
import { requestedSignal, type SyncEntityWorkflow } from './pair-requests.ts';

/**
 * Asks another pair to be sent again and to give way. It runs on its own: this pair must not wait for its end, for it may
 * be waiting for this one.
 */
export async function askToResend(pair: PairRef): Promise<void> {
  const options = pairStartOptions(pair, 'outbound', PRIORITY.onDemand);
  for (;;) {
    try {
      await startChild<SyncEntityWorkflow>('syncEntity', {
        ...options,
        args: [{ ...pair, requests: ['resend'] }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      await getExternalWorkflowHandle(options.workflowId).signal(requestedSignal, 'resend');
      return;
    } catch (error) {
      // It ended between the two calls: start it after all.
      if (!isNotFound(error)) throw error;
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApplicationFailure || (error instanceof Error && /not found/i.test(error.message));
}
