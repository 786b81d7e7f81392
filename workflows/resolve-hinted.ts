import { continueAsNew, log, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { failureActivities, hintedActivities } from './activity-proxies.ts';
import { askPair } from './ask-pair.ts';
import { failureOf } from './attempt-durably.ts';
import {
  hintedSignal,
  type HintedRemote,
  type ResolveHintedInput,
  type ResolveHintedResult,
  type ResolveHintedWorkflow,
} from './pair-requests.ts';
import { pauseIn } from './paused.ts';
import { PRIORITY, type RemoteToSync } from './pair-start.ts';

/** A flood of unknown ids is not worth more: the next poll lists what there is. */
const WAITING_AT_MOST = 1_000;

/** A history gets some ten events for each. */
const PER_RUN = 500;

/**
 * Finds or creates the rows of the unknown remote records that webhooks name, one after another: one workflow for each
 * target, so that a flood of ids costs one workflow and one call at a time. Ends when none is waiting.
 */
export async function resolveHinted({ process, remotes }: ResolveHintedInput): Promise<ResolveHintedResult> {
  const waiting = new Map<string, HintedRemote>();
  let resolved = 0;
  let leftOut = 0;
  const add = (remote: HintedRemote) => {
    if (waiting.size >= WAITING_AT_MOST) leftOut += 1;
    else waiting.set(`${remote.type}/${remote.remoteId}`, remote);
  };
  for (const remote of remotes) add(remote);
  setHandler(hintedSignal, add);

  for (const [key, remote] of waiting) {
    // Deleted first: a hint that comes during the call may be newer than what the call reads.
    waiting.delete(key);
    await resolve({ process, ...remote });
    resolved += 1;
    setCurrentDetails(`${resolved} resolved, ${waiting.size} waiting, ${leftOut} left to the next poll`);
    if (waiting.size > 0 && (resolved >= PER_RUN || workflowInfo().continueAsNewSuggested)) {
      await continueAsNew<ResolveHintedWorkflow>({ process, remotes: [...waiting.values()] });
    }
  }
  return { resolved, leftOut };
}

/** A failure is recorded, and the next poll goes on with it: others are waiting here. */
async function resolve(remote: RemoteToSync): Promise<void> {
  const { process } = remote;
  try {
    const resolution = await hintedActivities(process).resolveRemote(remote);
    if (resolution.kind !== 'linked') return;
    for (const row of resolution.rows) await askPair({ process, ...row }, 'inbound', PRIORITY.hint);
  } catch (error) {
    // The first poll after the pause lists it.
    if (pauseIn(error) !== null) return;
    const failure = failureOf(error);
    log.warn('a remote record that a webhook names cannot be resolved', { ...remote, ...failure });
    try {
      await failureActivities.recordUnresolved({ ...remote, ...failure });
    } catch (unwritten) {
      log.error('the failure cannot be recorded', { ...remote, ...failureOf(unwritten) });
    }
  }
}
