import { log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { DeliveredPage } from '../activities/deliver-page.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import { pageActivities, probeActivities } from './activity-proxies.ts';
import { failureOf, type AttemptFailure } from './attempt-durably.ts';
import { pauseIn } from './paused.ts';
import type { PageToSync } from './pair-start.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';
import { emptyTotals, type TypeTotals } from './sweep-totals.ts';
import { syncRows } from './sync-rows.ts';

export interface SyncPageInput extends PageToSync {
  /** Concurrent workflows of the rows that leave the page. */
  readonly atOnce?: number;
}

export interface SyncPageResult {
  readonly counts: TypeTotals;
  /** Why nothing can be sent now; the rows are still due. Left out: it can. */
  readonly stopped?: StoppedSending;
}

/** The target is down, or an operator has paused the process: why, in an operator's words. */
export interface StoppedSending {
  readonly ended: 'target-down' | 'paused';
  readonly reason: string | null;
}

/** Its type, for its sweep, which starts it by name, and for tests. */
export type SyncPageWorkflow = (input: SyncPageInput) => Promise<SyncPageResult>;

/**
 * Delivers many rows of one type by a bulk call. Every row that does not end in sync leaves the page, and gets its own workflow, with
 * its own history and retries.
 */
export async function syncPage({ process, type, keys, atOnce }: SyncPageInput): Promise<SyncPageResult> {
  const counts = emptyTotals();
  let page: DeliveredPage;
  let failure: AttemptFailure | null = null;
  try {
    page = await pageActivities(process).deliverPage({ process, type, keys });
  } catch (error) {
    const reason = pauseIn(error);
    if (reason !== null) return stop({ ended: 'paused', reason });
    failure = failureOf(error);
    log.warn('a page could not be delivered', { process, type, ...failure });
    const stopped = await whyDown();
    if (stopped !== null) return stop(stopped);
    // The bulk call itself may be what fails.
    page = { inSync: 0, left: keys, reasons: {} };
  }
  counts.due = counts.started = counts.inSync = page.inSync;
  const more = atOnce === undefined ? { type } : { type, atOnce };
  setCurrentDetails(describePage(keys.length, page, { failure }));
  await syncRows(process, more, page.left, { counts, onStarted: () => {} });
  return finish(null);

  async function whyDown(): Promise<StoppedSending | null> {
    try {
      const target = await probeActivities(process).probeTarget({ process });
      return target.up ? null : { ended: 'target-down', reason: target.reason };
    } catch (error) {
      const reason = pauseIn(error);
      if (reason === null) throw error;
      return { ended: 'paused', reason };
    }
  }

  /** Nothing of the page can be sent now: its rows are still due. */
  function stop(stopped: StoppedSending): SyncPageResult {
    counts.due = counts.started = keys.length;
    counts[stopped.ended === 'paused' ? 'other' : 'failed'] = keys.length;
    return finish(stopped);
  }

  function finish(stopped: StoppedSending | null): SyncPageResult {
    setCurrentDetails(describePage(keys.length, page, { failure, stopped, counts }));
    upsertSearchAttributes([{ key: syncOutcomeAttribute, value: outcomeOf(counts, stopped) }]);
    return { counts, ...(stopped === null ? {} : { stopped }) };
  }
}

function outcomeOf(counts: TypeTotals, stopped: StoppedSending | null): SyncOutcome {
  if (stopped?.ended === 'paused') return 'PAUSED';
  if (stopped !== null || counts.failed > 0) return 'FAILING';
  return counts.inSync === counts.due ? 'IN_SYNC' : 'PENDING';
}

interface Told {
  readonly failure: AttemptFailure | null;
  readonly stopped?: StoppedSending | null;
  readonly counts?: TypeTotals;
}

/** For the workflow's page in the Web UI: its rows, what became of them, and why some left it. */
function describePage(
  rows: number,
  page: DeliveredPage | undefined,
  { failure, stopped = null, counts }: Told,
): string {
  const lines = [`**${rows} rows**, ${page?.inSync ?? 0} in sync by one call, ${page?.left.length ?? rows} left it`];
  if (failure !== null) lines.push(`the call failed: ${failure.errorClass}: ${failure.message}`);
  if (stopped !== null) lines.push(`${stopped.ended}: ${stopped.reason ?? ''}`);
  const reasons = Object.entries(page?.reasons ?? {}).map(([reason, count]) => `${count} ${REASONS[reason] ?? reason}`);
  if (reasons.length > 0) lines.push(`left: ${reasons.join(', ')}`);
  if (counts !== undefined) {
    const ends = Object.entries(counts).filter(([name, count]) => !['due', 'started'].includes(name) && count > 0);
    lines.push(ends.map(([name, count]) => `${name} ${count}`).join(', '));
  }
  return lines.join('\n\n');
}

const REASONS: Readonly<Record<string, string>> = {
  busy: 'are at work elsewhere',
  alone: 'need more than a bulk call',
  unreadable: 'could not be read or written',
  refused: 'were refused',
};
