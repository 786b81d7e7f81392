import { CancellationScope, condition, continueAsNew, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { ATTEMPTS_BEFORE_FAILING, isErrorClass, UNKNOWN_PAIR, type ErrorClass } from '../sync/error-class.ts';
import {
  failureActivities,
  firstAttempts,
  oneAttempt,
  PAUSE_AFTER_FAILURE,
  persistentAttempts,
  type PairActivities,
} from './activity-proxies.ts';
import { LOOK_WHEN_PAUSED, pauseIn } from './paused.ts';
import type { SyncEntityWorkflow, SyncRequest } from './pair-requests.ts';
import type { PairRef } from './pair-start.ts';
import type { Requests } from './requests.ts';

/** Why the latest attempt failed. */
export interface AttemptFailure {
  readonly errorClass: ErrorClass;
  readonly message: string;
  /** Its stable reason; left out if there is none. */
  readonly code?: string;
}

/** What the attempts serve. It grows if more is requested while they fail. */
export interface Asked {
  resend: boolean;
  inbound: boolean;
  /** The attempts erase the remote record. */
  erase?: boolean;
}

/** The requests the attempts serve. */
export interface Serving {
  readonly requests: Requests;
  readonly asked: Asked;
  /** Attempts that have failed already, elsewhere. */
  readonly made?: number;
  /** Called when the pair is reported as failing. */
  readonly onFailing: (failure: AttemptFailure) => void;
  /** Called while the process is paused. @returns whether the step must wait; otherwise it is given up. */
  readonly onPaused: (reason: string) => boolean;
}

/** The attempts ended because an operator's command goes first. */
export const INTERRUPTED = 'interrupted';

/** The step was given up because the process is paused. */
export const GIVEN_UP = 'given up';

const ASKED_MEANWHILE = 'asked meanwhile';

/**
 * Runs one step of a pass, however long it takes: after five attempts the failure is recorded and reported
 * (`onFailing`), and retries continue for a day. A request during that time gets an attempt at once, and its result.
 * While the process is paused, a step that must not be lost waits.
 *
 * @param attempt calls the step's activity; it gets the number of previous attempts.
 * @throws ActivityFailure after a day, or for a pair that does not exist.
 */
export async function attemptDurably<T>(
  { process, type, key }: PairRef,
  attempt: (activities: PairActivities, attemptsBefore: number) => Promise<T>,
  { requests, asked, made = 0, onFailing, onPaused }: Serving,
): Promise<T | typeof INTERRUPTED | typeof GIVEN_UP> {
  const pair = { process, type, key };
  let attempts = ATTEMPTS_BEFORE_FAILING;
  let isPaused = false;
  try {
    return await attempt(firstAttempts(process, made), made);
  } catch (error) {
    if ((await note(error)) === GIVEN_UP) return GIVEN_UP;
  }
  for (;;) {
    // A request every second for a day would exceed the server's history limit.
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<SyncEntityWorkflow>({ ...pair, requests: [...served(asked), ...requests.toList()] });
    }
    const wasAsked = await condition(() => requests.waiting, isPaused ? LOOK_WHEN_PAUSED : PAUSE_AFTER_FAILURE);
    if (!wasAsked) {
      try {
        const result = await attemptUntilAsked();
        if (result !== ASKED_MEANWHILE) return result;
      } catch (error) {
        if (pauseIn(error) === null) throw error;
        if ((await note(error)) === GIVEN_UP) return GIVEN_UP;
        continue;
      }
    }
    if (requests.hasCommand) return INTERRUPTED;
    const more = requests.take();
    asked.resend ||= more.resend;
    asked.inbound ||= more.inbound;
    attempts += 1;
    try {
      return await attempt(oneAttempt(process), attempts - 1);
    } catch (error) {
      if ((await note(error)) === GIVEN_UP) return GIVEN_UP;
    }
  }

  /** A request ends the back-off, but not a running attempt. */
  async function attemptUntilAsked(): Promise<T | typeof ASKED_MEANWHILE> {
    const scope = new CancellationScope();
    const result = scope.run(() => attempt(persistentAttempts(process), ATTEMPTS_BEFORE_FAILING));
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([settled, condition(() => requests.waiting)]);
    if (requests.waiting) scope.cancel();
    try {
      return await result;
    } catch (error) {
      if (isCancellation(error) && requests.waiting) return ASKED_MEANWHILE;
      throw error;
    }
  }

  async function note(error: unknown): Promise<typeof GIVEN_UP | null> {
    const reason = pauseIn(error);
    isPaused = reason !== null;
    if (reason !== null) return onPaused(reason) ? null : GIVEN_UP;
    const failure = failureOf(error);
    await tellFailure(pair, failure, attempts);
    onFailing(failure);
    return null;
  }
}

/** Logs a failure and writes it to the pair's record. If the record cannot be written, the pair's retries continue. */
export async function tellFailure(pair: PairRef, failure: AttemptFailure, attempts: number): Promise<void> {
  // Logged here, because a start-to-close time-out never reaches worker code.
  log.warn('delivery keeps failing', { ...pair, ...failure, attempts });
  try {
    await failureActivities.recordFailure({ ...pair, ...failure, attempts });
  } catch (error) {
    log.error('the failure cannot be recorded', { ...pair, ...failureOf(error) });
  }
}

/** What is being served, as requests. */
export function served({ resend, inbound, erase = false }: Asked): SyncRequest[] {
  const others = [...(inbound ? (['inbound'] as const) : []), ...(erase ? (['erase'] as const) : [])];
  return [resend ? 'resend' : 'outbound', ...others];
}

/** @throws the error itself if it is not an attempt's failure: a cancelled run, or a pair that does not exist. */
export function failureOf(error: unknown): AttemptFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type !== UNKNOWN_PAIR) {
    return { errorClass: isErrorClass(cause.type) ? cause.type : 'bug', message: cause.message, ...codeIn(cause) };
  }
  if (cause instanceof TimeoutFailure) {
    return { errorClass: 'transient', message: `no answer in time (${cause.message})`, code: 'timeout' };
  }
  throw error;
}

function codeIn({ details }: ApplicationFailure): { readonly code?: string } {
  const [detail] = (details ?? []) as readonly { readonly code?: unknown }[];
  return typeof detail?.code === 'string' ? { code: detail.code } : {};
}
