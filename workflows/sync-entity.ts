import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import type { Delivery } from '../sync/delivery.ts';
import { formatRef } from '../sync/entity-type.ts';
import { ATTEMPTS_BEFORE_FAILING, isErrorClass, type ErrorClass } from '../sync/error-class.ts';
import { outcomeOf } from '../sync/sync-outcome.ts';
import {
  firstDelivery,
  oneDelivery,
  PAUSE_AFTER_FAILURE,
  persistentDelivery,
  recordActivities,
} from './activity-proxies.ts';
import { askToResend } from './ask-to-resend.ts';
import {
  requestedSignal,
  syncNowUpdate,
  type SyncEntityInput,
  type SyncEntityResult,
  type SyncRequest,
} from './pair-requests.ts';
import type { PairRef } from './pair-start.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';

/** Passes after which history is cut. */
const PASSES_BEFORE_CONTINUE = 50;

/** How often blocking pairs are asked before this one waits for the next sweep. */
const ROUNDS_WHEN_BLOCKED = 5;

/**
 * The only workflow that may touch its pair of EMS row and remote record, whoever started it: its id is the pair's lock.
 * It serves requests, one pass each, until none is left.
 */
export async function syncEntity(input: SyncEntityInput): Promise<SyncEntityResult> {
  const requested = new Set<SyncRequest>(input.requests);
  /** Counts how often requests were taken; what is asked for now is served by the next taking. */
  let taken = 0;
  /** The taking whose result is known. */
  let answered = 0;
  let result: SyncEntityResult = { outcome: 'PENDING', delivery: 'nothing', reason: null };

  setHandler(requestedSignal, (request) => {
    requested.add(request);
  });
  setHandler(syncNowUpdate, async (request) => {
    requested.add(request);
    const served = taken + 1;
    await condition(() => answered >= served);
    return result;
  });

  // Started for a caller who waits, the request comes by the update alone.
  await condition(() => requested.size > 0, '1 minute');
  while (requested.size > 0) {
    // A caller who waits cannot be carried over to the next run: it is answered first.
    if (taken >= PASSES_BEFORE_CONTINUE && allHandlersFinished()) {
      await continueAsNew<typeof syncEntity>({ ...input, requests: [...requested] });
    }
    answer(await outboundPass(takeRequests()));
    await condition(() => requested.size > 0 || allHandlersFinished());
  }
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: result.outcome }]);
  return result;

  function takeRequests(): boolean {
    taken += 1;
    const resend = requested.has('resend');
    requested.clear();
    return resend;
  }

  function answer(known: SyncEntityResult): void {
    result = known;
    answered = taken;
    setCurrentDetails(describe(known));
  }

  async function outboundPass(resend: boolean): Promise<SyncEntityResult> {
    for (let round = 0; ; round += 1) {
      const delivery = await deliver(resend);
      if (delivery.kind === 'blocked' && round < ROUNDS_WHEN_BLOCKED) {
        for (const ref of delivery.by) await askToResend({ process: input.process, ...ref });
        // Whoever blocks us may be blocked by us: a request to give way ends the wait.
        await condition(() => requested.has('resend'), 1_000 * 2 ** round);
        resend = takeRequests() || resend;
        continue;
      }
      await recordActivities.record({ process: input.process, type: input.type, delivery: settleFor(delivery) });
      if (delivery.kind === 'gave-way') {
        resend = false;
        continue;
      }
      return resultOf(settleFor(delivery));
    }
  }

  async function deliver(resend: boolean): Promise<Delivery> {
    let attempts = ATTEMPTS_BEFORE_FAILING;
    try {
      return await firstDelivery(input.process).deliver({ ...pairOf(input), resend, attemptsBefore: 0 });
    } catch (error) {
      await noteFailure(error, attempts);
    }
    for (;;) {
      if (await condition(() => requested.size > 0, PAUSE_AFTER_FAILURE)) {
        resend = takeRequests() || resend;
        attempts += 1;
        try {
          return await oneDelivery(input.process).deliver({ ...pairOf(input), resend, attemptsBefore: attempts - 1 });
        } catch (error) {
          await noteFailure(error, attempts);
        }
      } else {
        const delivery = await deliverUnlessAsked(resend);
        if (delivery !== null) return delivery;
      }
    }
  }

  /** Keeps trying; null when it was asked for again meanwhile: an operator or EMS does not wait for our back-off. */
  async function deliverUnlessAsked(resend: boolean): Promise<Delivery | null> {
    const scope = new CancellationScope();
    const attempts = scope.run(() =>
      persistentDelivery(input.process).deliver({
        ...pairOf(input),
        resend,
        attemptsBefore: ATTEMPTS_BEFORE_FAILING,
      }),
    );
    const ended = attempts.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([ended, condition(() => requested.size > 0)]);
    if (requested.size > 0) scope.cancel();
    try {
      return await attempts;
    } catch (error) {
      if (isCancellation(error) && requested.size > 0) return null;
      throw error;
    }
  }

  async function noteFailure(error: unknown, attempts: number): Promise<void> {
    const { errorClass, message } = failureOf(error);
    const { process, type, key } = input;
    // A start-to-close time-out never reaches worker code, so this is where it can be logged.
    log.warn('delivery keeps failing', { process, type, key, errorClass, message, attempts });
    await recordActivities.recordFailure({ process, type, key, errorClass, message, attempts });
    if (result.outcome !== 'FAILING') upsertSearchAttributes([{ key: syncOutcomeAttribute, value: 'FAILING' }]);
    answer({ outcome: 'FAILING', delivery: 'failing', reason: `${errorClass}: ${message}` });
  }
}

const pairOf = ({ process, type, key }: PairRef): PairRef => ({ process, type, key });

/** Still blocked after all rounds: wait for the other record, and be looked at by every sweep. */
function settleFor(delivery: Delivery): Delivery {
  if (delivery.kind !== 'blocked') return delivery;
  const [first] = delivery.by;
  if (first === undefined) throw ApplicationFailure.nonRetryable('blocked by nobody', 'bug');
  const { key, pass, examined } = delivery;
  return { key, pass, examined, kind: 'waiting', for: formatRef(first) };
}

function resultOf(delivery: Delivery): SyncEntityResult {
  const reason =
    delivery.kind === 'waiting'
      ? `waits for ${delivery.for}`
      : delivery.kind === 'parked'
        ? `${delivery.field === null ? '' : `${delivery.field}: `}${delivery.reason}`
        : null;
  return { outcome: outcomeOf(delivery.kind), delivery: delivery.kind, reason };
}

function failureOf(error: unknown): { errorClass: ErrorClass; message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    return { errorClass: isErrorClass(cause.type) ? cause.type : 'bug', message: cause.message };
  }
  if (cause instanceof TimeoutFailure)
    return { errorClass: 'transient', message: `no answer in time (${cause.message})` };
  throw error;
}

function describe({ outcome, delivery, reason }: SyncEntityResult): string {
  return `**${outcome}** (${delivery})${reason === null ? '' : `: ${reason}`}\n\nHistory of run \`${workflowInfo().runId}\``;
}
