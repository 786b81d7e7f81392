import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { ChangedPage, FindChangedInput } from './changed-page.ts';
import { processContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { advance, findChanged } from './find-changed.ts';
import { planPoll, type PollPlan, type PollStep } from './plan-poll.ts';

/** The rest is left to activities of their own, which can be repeated one by one. */
const READ_FOR_MS = 30_000;

/** The pause before the next attempt, unless the target asks for another one. */
const PAUSE_MS = 2_000;

/**
 * The plan of a poll, with the first pages of its lists up to the first one that has something to do: an idle poll needs no
 * further activity. A list behind that one is read when the workflows for it have been started, because they may create what
 * it refers to.
 */
export async function planAndRead(
  dependencies: Dependencies,
  input: { readonly process: SyncProcessName },
): Promise<PollPlan> {
  const plan = await planPoll(dependencies, input);
  if (plan.unfinishedPairs.length + plan.unfinishedRemotes.length > 0) return plan;
  return { ...plan, steps: await withFirstPages(dependencies, input, plan.steps) };
}

async function withFirstPages(
  dependencies: Dependencies,
  input: { readonly process: SyncProcessName },
  planned: readonly PollStep[],
): Promise<PollStep[]> {
  const { limits } = processContext(dependencies, input).process;
  const startedAt = performance.now();
  const steps: PollStep[] = [];
  for (const step of planned) {
    // The task queue would start no more of them in a second.
    const dueMs = (steps.length * 1_000) / limits.callsPerSecond - (performance.now() - startedAt);
    if (dueMs > 0) await sleep(dueMs);
    const read = await readFirst(dependencies, { ...input, ...step });
    steps.push({ ...step, ...read });
    if (!('first' in read) || hasMore(read.first) || performance.now() - startedAt > READ_FOR_MS) break;
  }
  return [...steps, ...planned.slice(steps.length)];
}

async function readFirst(
  dependencies: Dependencies,
  list: Omit<FindChangedInput, 'page'>,
): Promise<Required<Pick<PollStep, 'first'>> | Required<Pick<PollStep, 'failed'>>> {
  try {
    return { first: await readPage(dependencies, { ...list, page: null }) };
  } catch (error) {
    const pauseMs = (error instanceof SyncError ? error.retryAfterMs : undefined) ?? PAUSE_MS;
    return { failed: { pauseMs } };
  }
}

/**
 * Reads a page of a list. If it is the whole list and no workflow has to hold a change of it, the cursor moves at once, and
 * `seenUpTo` is null.
 *
 * @throws SyncError if the page cannot be read.
 */
export async function readPage(dependencies: Dependencies, input: FindChangedInput): Promise<ChangedPage> {
  const found = await findChanged(dependencies, input);
  const { seenUpTo } = found;
  if (seenUpTo === null || input.page !== null || hasMore(found)) return found;
  const { process, type, scope } = input;
  await advance(dependencies, { process, type, scope, seenUpTo });
  return { ...found, seenUpTo: null };
}

/** Whether the workflow has more to do about the list. */
const hasMore = ({ pairs, unknown, next }: ChangedPage) => pairs.length + unknown.length > 0 || next !== null;
