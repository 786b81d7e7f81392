import { isCancellation, sleep } from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure, TimeoutFailure, type Duration } from '@temporalio/common';
import type { Delivery } from '../sync/delivery.ts';
import { inlineActivities } from './activity-proxies.ts';
import type { PairRef } from './pair-start.ts';

/** The pause after a failed attempt, if the target asks for none. */
const PAUSE = '2 seconds';

/** What came of a delivery within the workflow's own task. */
export interface DeliveredInline {
  /** Null: the target's queue must deliver. */
  readonly delivery: Delivery | null;
  readonly isRecorded: boolean;
  /** Attempts that failed. */
  readonly made: number;
}

/** Delivers within this workflow task. After a failure it waits as long as the target's queue would before its next attempt. */
export async function deliverInline(pair: PairRef): Promise<DeliveredInline> {
  try {
    const done = await inlineActivities.deliverInline(pair);
    if (done.kind === 'elsewhere') return await elsewhere(done.pauseMs);
    // A timer ends this task, so that the history has the delivery before anything else is tried.
    if (!done.isRecorded) await sleep(1);
    return { ...done, made: 0 };
  } catch (error) {
    // A local activity's failure comes as it is.
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const isFailure = cause instanceof ApplicationFailure || cause instanceof TimeoutFailure;
    if (!isFailure || isCancellation(error)) throw error;
    // Another attempt tells the workflow what this error is about.
    const isFinal = cause instanceof ApplicationFailure && cause.nonRetryable === true;
    return elsewhere(isFinal ? undefined : PAUSE);
  }
}

/** @param pause after a failed attempt; left out: none was made. */
async function elsewhere(pause?: Duration): Promise<DeliveredInline> {
  if (pause !== undefined) await sleep(pause);
  return { delivery: null, isRecorded: false, made: pause === undefined ? 0 : 1 };
}
