import type { WorkflowClientInterceptor } from '@temporalio/client';
import { SYNC_TASK_QUEUE } from '../sync/workflow-ids.ts';

/** Replaces the queue `sync` by the installation's, in every way to start a workflow. */
export function onOwnQueue(ownQueue: () => Promise<string>): WorkflowClientInterceptor {
  async function moved<O extends { readonly taskQueue: string }>(options: O): Promise<O> {
    return options.taskQueue === SYNC_TASK_QUEUE ? { ...options, taskQueue: await ownQueue() } : options;
  }
  return {
    startWithDetails: async (input, next) => next({ ...input, options: await moved(input.options) }),
    signalWithStart: async (input, next) => next({ ...input, options: await moved(input.options) }),
    startUpdateWithStart: async (input, next) =>
      next({ ...input, workflowStartOptions: await moved(input.workflowStartOptions) }),
  };
}
