import type { Client } from '@temporalio/client';
import { SYNC_TASK_QUEUE, syncTaskQueue, targetTaskQueue } from '../../sync/workflow-ids.ts';
import { listSchedules, schedulesToApply } from '../schedules.ts';
import { ensureSearchAttributes, missingSearchAttributes } from '../search-attributes.ts';
import { lookAt, type Check, type Checked } from './look-at.ts';

type QueueType = NonNullable<Parameters<Client['workflowService']['describeTaskQueue']>[0]['taskQueueType']>;

/** `TASK_QUEUE_TYPE_WORKFLOW` and `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const WORKFLOW = 1 as QueueType;
const ACTIVITY = 2 as QueueType;

/** A poll lasts a minute, and Temporal lists pollers for five minutes. A worker not seen for this long is gone. */
const SEEN_WITHIN_MS = 90_000;

/** Checks that Temporal answers, has our search attributes and schedules, and that workers poll it. */
export async function temporalChecks(session: Checked, { fix }: { readonly fix: boolean }): Promise<Check[]> {
  const { settings } = session;
  const reached = await lookAt('Temporal', async () => {
    await session.installation();
    return `${settings.common.TEMPORAL_ADDRESS}, namespace ${settings.common.TEMPORAL_NAMESPACE}`;
  });
  if (reached.outcome === 'failed') return [reached];
  const { client } = await session.installation();
  return [
    reached,
    await lookAt('search attributes', () => searchAttributes(client, fix)),
    await lookAt('installation', () => installation(session)),
    await lookAt('schedules', () => schedules(client, session)),
    await lookAt('workers', () => workers(client, session)),
  ];
}

async function searchAttributes(client: Client, fix: boolean): Promise<string> {
  const missing = fix ? [] : await missingSearchAttributes(client);
  if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}. Run: npx ems-sync check --fix`);
  const made = fix ? await ensureSearchAttributes(client) : [];
  return made.length === 0 ? 'all exist' : `created ${made.join(', ')}`;
}

async function installation(session: Checked): Promise<string> {
  const { id, database } = await (await session.installation()).get();
  return `${id}, database ${database}`;
}

/** Without an id, which the check above reports, the first part of the name. */
async function syncQueue(session: Checked): Promise<string> {
  try {
    return syncTaskQueue((await (await session.installation()).get()).id);
  } catch {
    return SYNC_TASK_QUEUE;
  }
}

async function schedules(client: Client, session: Checked): Promise<string> {
  const toApply = await schedulesToApply(client, session.settings, await syncQueue(session));
  if (toApply.length > 0)
    throw new Error(`missing or different: ${toApply.join(', ')}. Run: npx ems-sync schedules apply`);
  const paused = (await listSchedules(client)).filter((schedule) => schedule.paused);
  return paused.length === 0
    ? 'applied'
    : `applied; paused: ${paused.map(({ scheduleId }) => scheduleId).join(', ')} (npx ems-sync schedules resume)`;
}

async function workers(client: Client, session: Checked): Promise<string> {
  const { enabled } = session.settings;
  const sync = await syncQueue(session);
  const queues = [
    { name: sync, type: WORKFLOW },
    { name: sync, type: ACTIVITY },
    ...enabled.map(({ target }) => ({ name: targetTaskQueue(target.process.name, sync), type: ACTIVITY })),
  ];
  const idle = new Set<string>();
  for (const { name, type } of queues) if (!(await isPolled(client, name, type))) idle.add(name);
  if (idle.size > 0) throw new Error(`none polls ${[...idle].join(', ')}. Run: npm start`);
  return `poll ${[...new Set(queues.map(({ name }) => name))].join(', ')}`;
}

async function isPolled(client: Client, name: string, taskQueueType: QueueType): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name },
    taskQueueType,
  });
  const since = Date.now() - SEEN_WITHIN_MS;
  return pollers.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 >= since);
}
