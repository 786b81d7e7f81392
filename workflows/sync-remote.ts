import {
  continueAsNew,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Resolution } from '../sync/absorption.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { failureActivities, resolveActivities } from './activity-proxies.ts';
import { askPair } from './ask-pair.ts';
import { failureOf } from './attempt-durably.ts';
import { LOOK_WHEN_PAUSED, pauseIn } from './paused.ts';
import { PRIORITY } from './pair-start.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';

export interface SyncRemoteInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly remoteId: string;
}

/** The type of the workflow `syncRemote`, for starting it by name. */
export type SyncRemoteWorkflow = (input: SyncRemoteInput) => Promise<Resolution>;

/**
 * A remote record that EMS does not know: finds or creates its row, then hands over to the workflow of that pair, the
 * only one that may touch it.
 */
export async function syncRemote({ process, type, remoteId }: SyncRemoteInput): Promise<Resolution> {
  let resolution = await unlessPaused();
  while (resolution === null) {
    await sleep(LOOK_WHEN_PAUSED);
    // A pause may last for weeks.
    if (workflowInfo().continueAsNewSuggested) return continueAsNew<SyncRemoteWorkflow>({ process, type, remoteId });
    resolution = await unlessPaused();
  }
  if (resolution.kind === 'linked') {
    for (const row of resolution.rows) await askPair({ process, ...row }, 'inbound', PRIORITY.sweep);
  }
  setCurrentDetails(describe(resolution));
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: OUTCOMES[resolution.kind] }]);
  return resolution;

  /** Null: the process is paused. A poll may have moved its cursor past the record, so this run waits. */
  async function unlessPaused(): Promise<Resolution | null> {
    try {
      return await resolve();
    } catch (error) {
      const reason = pauseIn(error);
      if (reason === null) throw error;
      setCurrentDetails(`**PAUSED**: ${reason}`);
      upsertSearchAttributes([{ key: syncOutcomeAttribute, value: 'PAUSED' }]);
      return null;
    }
  }

  /**
   * After five attempts the failure is recorded, and retries continue for a day. The next poll resumes what is left.
   */
  async function resolve(): Promise<Resolution> {
    const input = { process, type, remoteId };
    try {
      return await resolveActivities(process, 'first').resolveRemote(input);
    } catch (error) {
      if (pauseIn(error) !== null) throw error;
      const failure = failureOf(error);
      log.warn('a remote record keeps failing', { ...input, ...failure });
      try {
        await failureActivities.recordUnresolved({ ...input, ...failure });
      } catch (unwritten) {
        log.error('the failure cannot be recorded', { ...input, ...failureOf(unwritten) });
      }
      upsertSearchAttributes([{ key: syncOutcomeAttribute, value: 'FAILING' }]);
      return resolveActivities(process, 'persistent').resolveRemote(input);
    }
  }
}

const OUTCOMES = {
  linked: 'IN_SYNC',
  nothing: 'NOTHING',
  parked: 'PARKED',
  waiting: 'WAITING',
} as const satisfies Record<Resolution['kind'], SyncOutcome>;

function describe(resolution: Resolution): string {
  switch (resolution.kind) {
    case 'linked':
      return resolution.rows.map(({ type, key, how }) => `**${how}**: ${type}/${key}`).join('\n\n');
    case 'waiting':
      return `**waits** for ${resolution.for}`;
    case 'nothing':
    case 'parked':
      return `**${resolution.kind}**: ${resolution.reason}`;
  }
}
