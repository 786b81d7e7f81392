import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { GRPC, grpcFailure } from '../clients/grpc-code.ts';

export interface OutageWatch {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Interval of the requests, and the time limit of each, in milliseconds. */
  readonly everyMs?: number;
  /** Report an outage after this time, in milliseconds. A busy server may miss one request. */
  readonly tellAfterMs?: number;
}

/** Reports when Temporal stops answering and when it answers again, until `signal` is aborted. */
export async function watchTemporal(
  client: Pick<Client, 'withDeadline' | 'workflowService'>,
  { signal, say, everyMs = 3_000, tellAfterMs = 8_000 }: OutageWatch,
): Promise<void> {
  let lastAnswer = performance.now();
  let told = false;
  while (!signal.aborted) {
    try {
      await client.withDeadline(Date.now() + everyMs, () => client.workflowService.getSystemInfo({}));
      if (told) say(`Temporal answers again after ${secondsSince(lastAnswer)}; the demo goes on.`);
      told = false;
      lastAnswer = performance.now();
    } catch {
      if (!told && !signal.aborted && performance.now() - lastAnswer > tellAfterMs) {
        told = true;
        say(`Temporal has not answered for ${secondsSince(lastAnswer)}. The demo waits, and goes on when it does.`);
      }
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

const secondsSince = (start: number): string => `${Math.round((performance.now() - start) / 1_000)} s`;

const AWAY: readonly number[] = [GRPC.UNAVAILABLE, GRPC.DEADLINE_EXCEEDED];

/** Repeats a request while Temporal is unavailable. Has no limit: callers have theirs. */
export async function onceTemporalAnswers<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!AWAY.includes(grpcFailure(error)?.code ?? -1)) throw error;
      await sleep(1_000);
    }
  }
}
