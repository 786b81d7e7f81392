import { CancellationScope, condition, continueAsNew, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { Delivery } from '../sync/delivery.ts';
import { ATTEMPTS_BEFORE_FAILING, isErrorClass, UNKNOWN_PAIR, type ErrorClass } from '../sync/error-class.ts';
import {
  firstDelivery,
  oneDelivery,
  PAUSE_AFTER_FAILURE,
  persistentDelivery,
  recordActivities,
} from './activity-proxies.ts';
import type { SyncEntityWorkflow } from './pair-requests.ts';
import type { PairRef } from './pair-start.ts';
import type { Requests } from './requests.ts';

/** Why a delivery did not succeed, by now. */
export interface DeliveryFailure {
  readonly errorClass: ErrorClass;
  readonly message: string;
}

/**
 * Delivers a pair, however long that takes: five attempts, then the failure is on record and told (`onFailing`), and retries
 * go on for a day. Whoever asks meanwhile gets an attempt at once, and its result.
 *
 * @throws ActivityFailure after a day, or for a pair that cannot be.
 */
export async function deliverDurably(
  { process, type, key }: PairRef,
  requests: Requests,
  resend: boolean,
  onFailing: (failure: DeliveryFailure) => void,
): Promise<Delivery> {
  const pair = { process, type, key };
  let attempts = ATTEMPTS_BEFORE_FAILING;
  try {
    return await firstDelivery(process).deliver({ ...pair, resend, attemptsBefore: 0 });
  } catch (error) {
    await noteFailure(error);
  }
  for (;;) {
    // Asked for every second of a day, this run's history would outgrow what the server takes.
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<SyncEntityWorkflow>({
        ...pair,
        requests: [resend ? 'resend' : 'outbound', ...requests.toList()],
      });
    }
    const asked = await condition(() => requests.waiting, PAUSE_AFTER_FAILURE);
    if (!asked) {
      const delivery = await deliverUntilAsked();
      if (delivery !== null) return delivery;
    }
    resend = requests.take().resend || resend;
    attempts += 1;
    try {
      return await oneDelivery(process).deliver({ ...pair, resend, attemptsBefore: attempts - 1 });
    } catch (error) {
      await noteFailure(error);
    }
  }

  /** Null: asked again. The back-off is ended, but an attempt that is under way is waited for. */
  async function deliverUntilAsked(): Promise<Delivery | null> {
    const scope = new CancellationScope();
    const delivery = scope.run(() =>
      persistentDelivery(process).deliver({ ...pair, resend, attemptsBefore: ATTEMPTS_BEFORE_FAILING }),
    );
    const settled = delivery.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([settled, condition(() => requests.waiting)]);
    if (requests.waiting) scope.cancel();
    try {
      return await delivery;
    } catch (error) {
      if (isCancellation(error) && requests.waiting) return null;
      throw error;
    }
  }

  async function noteFailure(error: unknown): Promise<void> {
    const failure = failureOf(error);
    // A start-to-close time-out never reaches worker code, so this is where it can be logged.
    log.warn('delivery keeps failing', { ...pair, ...failure, attempts });
    await recordActivities.recordFailure({ ...pair, ...failure, attempts });
    onFailing(failure);
  }
}

/** @throws the error itself if it is no failure of a delivery: a cancelled run, a pair that cannot be. */
function failureOf(error: unknown): DeliveryFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type !== UNKNOWN_PAIR) {
    return { errorClass: isErrorClass(cause.type) ? cause.type : 'bug', message: cause.message };
  }
  if (cause instanceof TimeoutFailure) {
    return { errorClass: 'transient', message: `no answer in time (${cause.message})` };
  }
  throw error;
}
