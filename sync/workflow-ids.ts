import type { EntityKey, EntityType } from './entity-type.ts';
import type { Direction, SyncProcessName } from './sync-process-name.ts';

/**
 * `TAGSERVER/Person/4711`: the pair's only workflow, for both directions and every caller. The id is the pair's lock,
 * so it contains no direction.
 */
export function pairWorkflowId(process: SyncProcessName, type: EntityType, key: EntityKey): string {
  return `${process}/${type}/${key}`;
}

/**
 * `RUNSIGNUP/EventParticipant/remote-567-12890-2645624`: a remote record that EMS does not know yet. Its workflow finds
 * or creates the row, then hands over to the pair's.
 */
export function remoteWorkflowId(process: SyncProcessName, type: EntityType, remoteId: string): string {
  return `${process}/${type}/remote-${remoteId.replaceAll(/[^0-9A-Za-z]+/g, '-')}`;
}

/** `sweep/TAGSERVER/outbound`: also the id of its schedule, which appends the time of each run. */
export function sweepWorkflowId(process: SyncProcessName, direction: Direction): string {
  return `sweep/${process}/${direction}`;
}

/** Workflows, and activities that only use the database. */
export const SYNC_TASK_QUEUE = 'sync';

/** Remote calls of one process: a separate queue, so that the server limits their rate over all workers. */
export function targetTaskQueue(process: SyncProcessName): string {
  return `target-${process.toLowerCase()}`;
}
