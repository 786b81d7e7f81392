import {
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isPairCommand } from '../sync/pair-command.ts';
import {
  requestedSignal,
  syncNowUpdate,
  type SyncEntityResult,
  type SyncEntityWorkflow,
  type SyncRequest,
} from '../workflows/pair-requests.ts';
import { pairStartOptions, PRIORITY, type PairRef } from '../workflows/pair-start.ts';
import { SYNC_TASK_QUEUE } from '../sync/workflow-ids.ts';
import { GRPC, grpcFailure } from './grpc-code.ts';

/** No result in time. The request stays: the pair's workflow serves it as soon as a worker runs. */
export class NoResultInTimeError extends Error {
  override readonly name = 'NoResultInTimeError';

  constructor(workflowId: string, timeoutMs: number) {
    super(
      `${workflowId} gave no result within ${Math.round(timeoutMs / 1_000)} s; it continues on its own. Is a worker running (npm start)?`,
    );
  }
}

/** How often a request is resent because the previous run ended just then. */
const TRIES = 5;

/**
 * Requests a pass of a pair: a running workflow takes another pass afterwards, otherwise one is started.
 *
 * @param request `resend`: also send what our records say the target has. `inbound`: read the remote record first.
 */
export async function requestSync(client: Client, pair: PairRef, request: SyncRequest = 'outbound'): Promise<void> {
  await client.workflow.signalWithStart('syncEntity', {
    ...startOptions(pair, request),
    args: [{ ...pair, requests: [] }],
    signal: requestedSignal,
    signalArgs: [request],
  });
}

/** Has a running pair, or a new run behind all sweeps, read the remote record that a webhook names. */
export async function requestHinted(client: Client, pair: PairRef): Promise<void> {
  await client.workflow.signalWithStart('syncEntity', {
    ...pairStartOptions(pair, 'inbound', PRIORITY.hint),
    taskQueue: SYNC_TASK_QUEUE,
    args: [{ ...pair, requests: [] }],
    signal: requestedSignal,
    signalArgs: ['inbound'],
  });
}

/**
 * Like {@link requestSync}, but waits for the result of a pass that started afterwards. A pair that keeps failing
 * reports that while its retries continue.
 *
 * @throws NoResultInTimeError
 * @throws WorkflowFailedError if a command could not be run; its root cause says why.
 */
export async function requestSyncAndWait(
  client: Client,
  pair: PairRef,
  timeoutMs: number,
  request: SyncRequest = 'outbound',
): Promise<SyncEntityResult> {
  const options = startOptions(pair, request);
  const deadline = Date.now() + timeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.withDeadline(deadline, () =>
        client.workflow.executeUpdateWithStart(syncNowUpdate, {
          args: [request],
          startWorkflowOperation: new WithStartWorkflowOperation<SyncEntityWorkflow>('syncEntity', {
            ...options,
            workflowIdConflictPolicy: 'USE_EXISTING',
            args: [{ ...pair, requests: [] }],
          }),
        }),
      );
    } catch (error) {
      if (Date.now() >= deadline || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
        throw new NoResultInTimeError(options.workflowId, timeoutMs);
      if (!metTheEnd(error)) throw error;
      // A refused command ends the run; do not let it end the next one, too.
      if (isPairCommand(request)) await throwIfFailed(client, options.workflowId);
      if (attempt === TRIES) throw error;
    }
  }
}

/** Allows for a server that is busy, but available. */
const HANDED_OVER_WITHIN_MS = 10_000;

/** {@link requestSync} for callers that cannot wait for an unavailable server. @throws ServiceError of gRPC */
export async function requestSyncNow(client: Client, pair: PairRef): Promise<void> {
  await client.withDeadline(Date.now() + HANDED_OVER_WITHIN_MS, () => requestSync(client, pair));
}

/**
 * {@link requestSyncAndWait}, but the request stays when no result comes in time. Without this, a request that no
 * worker has taken yet would disappear with the caller.
 *
 * @returns null: no result in time.
 * @throws WorkflowFailedError, WorkflowUpdateFailedError if the pair's workflow has failed.
 */
export async function requestSyncWithin(
  client: Client,
  pair: PairRef,
  timeoutMs: number,
): Promise<SyncEntityResult | null> {
  try {
    return await requestSyncAndWait(client, pair, timeoutMs);
  } catch (error) {
    if (!(error instanceof NoResultInTimeError)) throw error;
  }
  await requestSyncNow(client, pair);
  return null;
}

/** Start options of the pair's workflow; its priority is above that of sweeps. */
const startOptions = (pair: PairRef, request: SyncRequest) => ({
  ...pairStartOptions(pair, request === 'inbound' ? 'inbound' : 'outbound', PRIORITY.onDemand),
  taskQueue: SYNC_TASK_QUEUE,
});

/** @throws WorkflowFailedError if the latest run has failed. */
async function throwIfFailed(client: Client, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  const { status } = await handle.describe();
  if (status.name === 'FAILED') await handle.result();
}

/** The run ended between accepting the request and serving it. */
function metTheEnd(error: unknown): boolean {
  if (error instanceof WorkflowUpdateFailedError)
    return error.cause instanceof ApplicationFailure && error.cause.type === 'AcceptedUpdateCompletedWorkflow';
  const failure = grpcFailure(error);
  return failure?.code === GRPC.NOT_FOUND && failure.details.includes('already completed');
}
