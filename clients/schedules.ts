import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client';
import type { Settings } from '../settings/read-settings.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { compareWorkflowId, sweepWorkflowId } from '../sync/workflow-ids.ts';
import { differsFrom, wantedSchedules, type WantedSchedule } from './wanted-schedules.ts';

export interface AppliedSchedule {
  readonly scheduleId: string;
  readonly done: 'created' | 'updated' | 'unchanged' | 'removed';
}

export interface ListedSchedule {
  readonly scheduleId: string;
  readonly paused: boolean;
  /** The operator's note when the schedule was paused. */
  readonly note: string | null;
  /** The cron expression of its times, UTC; null if somebody has set other times. */
  readonly cron: string | null;
  readonly next: Date | null;
  readonly last: Date | null;
}

const OURS = ['sweep/', 'compare/'];

/**
 * Makes Temporal's schedules match the enabled processes: creates missing ones, updates those that differ, and removes
 * those that no enabled process declares. Paused schedules stay paused.
 */
export async function applySchedules(
  client: Client,
  settings: Settings,
  syncQueue: string,
): Promise<AppliedSchedule[]> {
  const wanted = wantedSchedules(settings, syncQueue);
  const applied: AppliedSchedule[] = [];
  for (const schedule of wanted) {
    applied.push({ scheduleId: schedule.options.scheduleId, done: await applyOne(client, schedule) });
  }
  const kept = new Set(wanted.map(({ options }) => options.scheduleId));
  for (const scheduleId of await ourScheduleIds(client)) {
    if (kept.has(scheduleId)) continue;
    if (await removeSchedule(client, scheduleId)) applied.push({ scheduleId, done: 'removed' });
  }
  return applied;
}

async function applyOne(client: Client, wanted: WantedSchedule): Promise<'created' | 'updated' | 'unchanged'> {
  const { options } = wanted;
  try {
    await client.schedule.create(options);
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const handle = client.schedule.getHandle(options.scheduleId);
  if (!differsFrom(await handle.describe(), wanted)) return 'unchanged';
  const { spec, action, policies, typedSearchAttributes } = options;
  await handle.update(({ state }) => ({ spec, action, policies, typedSearchAttributes, state }));
  return 'updated';
}

/** The ids of schedules that are missing or differ from what `applySchedules` would create. */
export async function schedulesToApply(client: Client, settings: Settings, syncQueue: string): Promise<string[]> {
  const ids: string[] = [];
  for (const wanted of wantedSchedules(settings, syncQueue)) {
    const { scheduleId } = wanted.options;
    const description = await unlessGone(client.schedule.getHandle(scheduleId).describe());
    if (description === null || differsFrom(description, wanted)) ids.push(scheduleId);
  }
  return ids;
}

/** All of our schedules, ordered by id. */
export async function listSchedules(client: Client): Promise<ListedSchedule[]> {
  const listed: ListedSchedule[] = [];
  for (const scheduleId of await ourScheduleIds(client)) {
    const description = await unlessGone(client.schedule.getHandle(scheduleId).describe());
    if (description === null) continue;
    const { state, info } = description;
    listed.push({
      scheduleId,
      paused: state.paused,
      note: state.note === undefined || state.note === '' ? null : state.note,
      cron: cronOf(description),
      next: state.paused ? null : (info.nextActionTimes[0] ?? null),
      last: info.recentActions.at(-1)?.takenAt ?? null,
    });
  }
  return listed;
}

/** The cron expression of a schedule's times; null: there is none, or somebody has set other times. */
export async function cronOfSchedule(client: Client, scheduleId: string): Promise<string | null> {
  const description = await unlessGone(client.schedule.getHandle(scheduleId).describe());
  return description === null ? null : cronOf(description);
}

function cronOf({ spec }: ScheduleDescription): string | null {
  const cron = spec.calendars?.length === 1 ? spec.calendars[0]?.comment : undefined;
  return cron === undefined || cron === '' ? null : cron;
}

/**
 * Pauses or resumes the schedules of a process.
 *
 * @returns the ids of those that exist.
 */
export async function pauseSchedules(
  client: Client,
  process: SyncProcessName,
  directions: readonly Direction[],
  paused: boolean,
): Promise<string[]> {
  const done: string[] = [];
  const ids = [...directions.map((direction) => sweepWorkflowId(process, direction)), compareWorkflowId(process)];
  for (const id of ids) {
    const handle = client.schedule.getHandle(id);
    const note = `${paused ? 'paused' : 'resumed'} by ems-sync schedules`;
    const found = await unlessGone((paused ? handle.pause(note) : handle.unpause(note)).then(() => true));
    if (found !== null) done.push(handle.scheduleId);
  }
  return done;
}

async function ourScheduleIds(client: Client): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of client.schedule.list()) {
    if (OURS.some((prefix) => scheduleId.startsWith(prefix))) ids.push(scheduleId);
  }
  return ids.toSorted();
}

/** Returns false if it no longer exists: the list may be stale. */
async function removeSchedule(client: Client, scheduleId: string): Promise<boolean> {
  return (
    (await unlessGone(
      client.schedule
        .getHandle(scheduleId)
        .delete()
        .then(() => true),
    )) ?? false
  );
}

async function unlessGone<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}
