import { requestSyncAndWait } from '../clients/request-sync.ts';
import type { TemporalKind } from '../demo/start-temporal.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import { type Percentiles, percentiles } from './percentiles.ts';
import { megabytesOf } from './process-costs.ts';
import { startTwoTargets } from './two-targets.ts';

export interface AskedOptions {
  /** Requests for the same person. */
  readonly requests: number;
  readonly temporal: TemporalKind;
  readonly say: (line: string) => void;
}

export interface AskedResult {
  /** Milliseconds from a request to its result. */
  readonly took: Percentiles;
  readonly answered: number;
  readonly seconds: number;
  /** Workflows that served the requests, and events in the longest of their histories. */
  readonly runs: number;
  readonly longestHistory: number;
  /** Calls that they made at TagServer. */
  readonly calls: number;
  readonly megabytes: { readonly before: number; readonly after: number };
}

const PAIR = { process: 'TAGSERVER', type: 'Person', key: '1' } as const;
/** Requests that wait at once. The server refuses more than ten updates in flight for a workflow, which the SDK repeats. */
const AT_ONCE = 10;
const ANSWER_WITHIN_MS = 120_000;

/** One person is asked for again and again, by several callers at once. */
export async function asked(stack: AsyncDisposableStack, options: AskedOptions): Promise<AskedResult> {
  const { requests, say } = options;
  const { temporal, tagServer, pid } = await startTwoTargets(stack, { ...options, size: 10, registered: 10 });
  const workflowId = pairWorkflowId(PAIR.process, PAIR.type, PAIR.key);
  await tagServer.control.clearJournal();
  const before = megabytesOf(pid);
  const query = `WorkflowId = '${workflowId}'`;
  const { count: runsBefore } = await temporal.workflow.count(query);
  const took: number[] = [];
  const from = performance.now();
  const elapsed = () => (performance.now() - from) / 1_000;
  let left = requests;
  const ask = async () => {
    while (left > 0) {
      left -= 1;
      const startedAt = performance.now();
      const { outcome } = await requestSyncAndWait(temporal, PAIR, ANSWER_WITHIN_MS);
      if (outcome !== 'IN_SYNC' && outcome !== 'NOTHING') throw new Error(`A request was answered with ${outcome}`);
      took.push(performance.now() - startedAt);
      if (took.length % 1_000 === 0) say(`${took.length} requests are answered, after ${elapsed().toFixed(0)} s …`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  const seconds = elapsed();
  let [runs, longestHistory] = [0, 0];
  for await (const { historyLength } of temporal.workflow.list({ query })) {
    runs += 1;
    longestHistory = Math.max(longestHistory, historyLength);
  }
  return {
    took: percentiles(took),
    answered: took.length,
    seconds,
    runs: runs - runsBefore,
    longestHistory,
    calls: (await tagServer.control.journal()).length,
    megabytes: { before, after: megabytesOf(pid) },
  };
}

export function askedTable(result: AskedResult): string {
  const { took, answered, seconds, runs, longestHistory, calls, megabytes } = result;
  return (
    `${answered} requests were answered in ${seconds.toFixed(0)} s (p50 ${took.p50} ms, p99 ${took.p99} ms) by ${runs} workflows, ` +
    `${calls} calls at the target.\nThe longest history has ${longestHistory} events. Workers: ${megabytes.before} MB before, ${megabytes.after} MB after.`
  );
}
