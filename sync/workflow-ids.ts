import type { EntityKey, EntityType } from './entity-type.ts';
import type { Direction, SyncProcessName } from './sync-process-name.ts';

/**
 * `TAGSERVER/Person/4711`: the pair's only workflow, for both directions and every caller. The id is the pair's lock,
 * so it contains no direction.
 */
export function pairWorkflowId(process: SyncProcessName, type: EntityType, key: EntityKey): string {
  return `${process}/${type}/${key}`;
}

/** `MAILCHIMP/Person/page-4711`: rows that are delivered together, named by the first of them. */
export function pageWorkflowId(process: SyncProcessName, type: EntityType, first: EntityKey): string {
  return `${process}/${type}/page-${first}`;
}

/** Whether a record's workflow is a page. */
export const isPageWorkflowId = (id: string | null): boolean => id !== null && /\/page-\d+$/.test(id);

/**
 * `RUNSIGNUP/EventParticipant/remote-567-12890-2645624`: a remote record that EMS does not know yet. Its workflow finds
 * or creates the row, then hands over to the pair's.
 */
export function remoteWorkflowId(process: SyncProcessName, type: EntityType, remoteId: string): string {
  return `${process}/${type}/remote-${remoteId.replaceAll(/[^0-9A-Za-z]+/g, '-')}`;
}

/** `hinted/CHATWOOT`: resolves the unknown remote records that webhooks of the process name. */
export function hintedWorkflowId(process: SyncProcessName): string {
  return `hinted/${process}`;
}

/** `sweep/TAGSERVER/outbound`: also the id of its schedule, which appends the time of each run. */
export function sweepWorkflowId(process: SyncProcessName, direction: Direction): string {
  return `sweep/${process}/${direction}`;
}

/** `compare/TAGSERVER`: also the id of its schedule. */
export function compareWorkflowId(process: SyncProcessName): string {
  return `compare/${process}`;
}

/** The first part of the queue's name, and the whole name before installations had ids. */
export const SYNC_TASK_QUEUE = 'sync';

/**
 * `sync-3f2a9c1b04d7`: workflows, and activities that only use the database. The installation's id is part of every
 * queue's name, so that two installations in one Temporal namespace do not take each other's work.
 */
export function syncTaskQueue(installation: string): string {
  return `${SYNC_TASK_QUEUE}-${installation}`;
}

/**
 * `target-tagserver-3f2a9c1b04d7`: remote calls of one process. A separate queue, so that the server limits their rate
 * over all workers.
 *
 * @param syncQueue the installation's queue of workflows; both names end with its id.
 */
export function targetTaskQueue(process: SyncProcessName, syncQueue: string): string {
  const id = syncQueue.startsWith(`${SYNC_TASK_QUEUE}-`) ? syncQueue.slice(SYNC_TASK_QUEUE.length) : '';
  return `target-${process.toLowerCase()}${id}`;
}
