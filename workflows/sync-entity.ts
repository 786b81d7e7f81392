import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Absorption } from '../sync/absorption.ts';
import type { Delivery } from '../sync/delivery.ts';
import { formatRef, type EntityRef } from '../sync/entity-type.ts';
import type { PairCommand } from '../sync/pair-command.ts';
import { commandActivities, recordActivities } from './activity-proxies.ts';
import { askPair } from './ask-pair.ts';
import {
  attemptDurably,
  failureOf,
  GIVEN_UP,
  INTERRUPTED,
  served,
  tellFailure,
  type Asked,
  type AttemptFailure,
} from './attempt-durably.ts';
import { deliverInline } from './deliver-inline.ts';
import { describeResult, resultOf, resultOfAbsorption } from './pair-results.ts';
import { requestedSignal, syncNowUpdate, type SyncEntityInput, type SyncEntityResult } from './pair-requests.ts';
import { Requests } from './requests.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';

/** Passes after which the workflow continues as new, to limit its history. */
const PASSES_BEFORE_CONTINUE = 50;

/** A result that the database has refused twice, minutes apart, is refused permanently. */
const ATTEMPTS_AT_RECORDING = 2;
const PAUSE_AFTER_REFUSED_RECORD = '2 minutes';

/** Each takes at least two minutes, several hours in total. Then the next sweep sends the row again. */
const ATTEMPTS_WITHOUT_DATABASE = 120;

/** Each takes two minutes, an hour in total. */
const ATTEMPTS_AT_COMMAND = 30;

/** How often blocking pairs are requested before this one waits for the next sweep. */
const ROUNDS_WHEN_BLOCKED = 5;

/** An erasure is retried for a day. */
const ROUNDS_WHEN_ERASING = 24 * 6;
const PAUSE_WHEN_ERASING = '10 minutes';

/** Absorptions per pass: a remote that changes faster is left to the next poll or sweep. */
const ABSORPTIONS_BEFORE_SENDING = 3;

/** Debounce: a burst has ended after QUIET_MS without a request; wait for at most QUIET_AT_MOST of them. */
const QUIET_MS = 1_000;
const QUIET_AT_MOST = 30;

/**
 * The only workflow that may touch its pair of EMS row and remote record: its id is the pair's lock, whoever started
 * it. It serves requests, one pass each, until none is left. (The specification's BaseSyncService.)
 */
export async function syncEntity(input: SyncEntityInput): Promise<SyncEntityResult> {
  const { process, type, key } = input;
  const pair = { process, type, key };
  const requests = new Requests(input.requests);
  let result: SyncEntityResult = { outcome: 'PENDING', delivery: 'nothing', reason: null };
  /** This pass only sends what the next sweep would find again. */
  let mayGiveUp = false;
  // Old and new workers may take turns while they are replaced, and only new ones deliver like this.
  let mayBeInline = input.inline === true && patched('deliver inline');
  const isRequested = mayBeInline && requests.waiting;
  /** A delivery whose result its own activity has recorded. */
  let recorded: Delivery | null = null;

  setHandler(requestedSignal, (request) => {
    requests.add(request);
  });
  setHandler(syncNowUpdate, async (request) => {
    requests.add(request);
    await requests.answered();
    return result;
  });

  // If a waiting caller started the workflow, the request comes only with the update.
  if (!isRequested) await condition(() => requests.waiting, '1 minute');
  while (requests.waiting) {
    // A waiting caller cannot be carried over to the next run, so it is answered first.
    if (requests.timesTaken >= PASSES_BEFORE_CONTINUE && allHandlersFinished()) {
      await continueAsNew<typeof syncEntity>({ ...pair, requests: requests.toList() });
    }
    if (requests.timesTaken > 0) await untilQuiet();
    const passed = await pass();
    if (passed !== INTERRUPTED) answer(passed);
    if (!requests.waiting && !allHandlersFinished()) await condition(() => requests.waiting || allHandlersFinished());
  }
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: result.outcome }]);
  return result;

  /** One pass: operators' commands first; then absorb, then deliver. */
  async function pass(): Promise<SyncEntityResult | typeof INTERRUPTED> {
    const { commands, onlyInbound, ...taken } = requests.take();
    const asked: Asked = { resend: taken.resend, inbound: taken.inbound };
    mayGiveUp = !taken.resend && !taken.inbound && commands.length === 0;
    // An erasure cancels all other requests.
    if (commands.includes('erase')) return erase(asked);
    for (const command of commands) {
      const refusal = await run(command);
      if (refusal === null) continue;
      // The next pass serves the other requests.
      if (asked.inbound || asked.resend || taken.outbound) goOnLater(asked);
      return { outcome: 'NOTHING', delivery: 'refused', reason: refusal };
    }
    if (asked.inbound || commands.length > 0) {
      const absorption = await absorb(asked);
      if (absorption === INTERRUPTED) return goOnLater(asked);
      if (absorption.kind === 'parked' || (onlyInbound && !absorption.outboundDue))
        return resultOfAbsorption(absorption);
    }
    const passed = await outboundHalf(asked);
    // An unlinked pair has no state of its own to report.
    const unlinked = commands.includes('unlink') && passed !== INTERRUPTED && passed.delivery === 'nothing';
    return unlinked ? { ...passed, outcome: 'UNLINKED' } : passed;
  }

  /** The inbound half: takes over changes made at the remote. */
  async function absorb(asked: Asked): Promise<Absorption | typeof INTERRUPTED> {
    asked.inbound = true;
    mayGiveUp = false;
    const absorption = await attemptDurably(pair, (activities) => activities.absorb(pair), {
      requests,
      asked,
      onFailing,
      onPaused: (reason) => onPaused(reason, asked),
    });
    if (absorption === INTERRUPTED || absorption === GIVEN_UP) return INTERRUPTED;
    asked.inbound = false;
    if (absorption.kind === 'consent' && absorption.resend === true) asked.resend = true;
    return absorption;
  }

  /** The outbound half: brings the target to EMS's state, and records the result. */
  async function outboundHalf(asked: Asked): Promise<SyncEntityResult | typeof INTERRUPTED> {
    for (let round = 0, absorptions = 0; ; round += 1) {
      const delivery = await deliver(asked);
      if (delivery === GIVEN_UP) return result;
      if (delivery === INTERRUPTED) return goOnLater(asked);
      if (delivery.kind === 'absorb-first' && absorptions < ABSORPTIONS_BEFORE_SENDING) {
        absorptions += 1;
        const absorption = await absorb(asked);
        if (absorption === INTERRUPTED) return goOnLater(asked);
        if (absorption.kind === 'parked') return resultOfAbsorption(absorption);
        continue;
      }
      if (delivery.kind === 'blocked' && round < ROUNDS_WHEN_BLOCKED) {
        if ((await askBlockers(delivery.by, asked, round)) === INTERRUPTED) return goOnLater(asked);
        continue;
      }
      if (delivery.kind === 'with-parent') {
        await askPair({ process, ...delivery.by }, 'outbound');
        return resultOf(delivery);
      }
      const settled = settle(delivery);
      if (!(await isRecorded(settled))) return requests.waiting ? goOnLater(asked) : result;
      if (settled.kind !== 'released') {
        // Requested while the delivery failed: the remote record must still be read.
        if (asked.inbound) requests.add('inbound');
        return resultOf(settled);
      }
      // The contested value is released; now send the pair in full.
      asked.resend = false;
    }
  }

  async function deliver(
    asked: Asked,
    { erase: erasing = false } = {},
  ): Promise<Delivery | typeof INTERRUPTED | typeof GIVEN_UP> {
    let made = 0;
    if (mayBeInline && mayGiveUp) {
      mayBeInline = false;
      const inline = await deliverInline(pair);
      ({ made } = inline);
      if (inline.isRecorded) recorded = inline.delivery;
      if (inline.delivery !== null) return inline.delivery;
    }
    return attemptDurably(
      pair,
      (activities, attemptsBefore) =>
        activities.deliver({
          ...pair,
          resend: asked.resend && !erasing,
          attemptsBefore,
          ...(erasing ? { erase: true } : {}),
        }),
      { requests, asked, made, onFailing, onPaused: (reason) => onPaused(reason, asked) },
    );
  }

  /** Asks the pairs that block this one to release what it needs, and waits for them. */
  async function askBlockers(
    blockers: readonly EntityRef[],
    asked: Asked,
    round: number,
  ): Promise<typeof INTERRUPTED | null> {
    for (const ref of blockers) await askPair({ process, ...ref }, 'resend');
    // A blocking pair may be blocked by this one: a request to release ends the wait.
    await condition(() => requests.has('resend'), 1_000 * 2 ** round);
    if (requests.hasCommand) return INTERRUPTED;
    const more = requests.take();
    asked.resend ||= more.resend;
    asked.inbound ||= more.inbound;
    return null;
  }

  /** Deletes the remote record permanently; then the record says so, and keeps nothing else. */
  async function erase(asked: Asked): Promise<SyncEntityResult | typeof INTERRUPTED> {
    asked.erase = true;
    for (let round = 0; ; round += 1) {
      const delivery = await deliver(asked, { erase: true });
      const isStopped = delivery === INTERRUPTED || delivery === GIVEN_UP;
      if (!isStopped && delivery.kind !== 'blocked') {
        return (await isRecorded(delivery)) ? resultOf(delivery) : result;
      }
      if (isStopped || (await askDependents(delivery, asked, round)) === INTERRUPTED) {
        requests.add('erase');
        return INTERRUPTED;
      }
    }
  }

  /**
   * Rows that refer to the one being erased must go first. If they do not, this is reported, and they are asked again
   * periodically, for a day.
   */
  async function askDependents(
    { by, reason }: Extract<Delivery, { kind: 'blocked' }>,
    asked: Asked,
    round: number,
  ): Promise<typeof INTERRUPTED | null> {
    if (round < ROUNDS_WHEN_BLOCKED) return askBlockers(by, asked, round);
    if (round > ROUNDS_WHEN_ERASING) throw ApplicationFailure.nonRetryable(reason, 'transient');
    const failure = { errorClass: 'transient', message: reason } as const;
    await tellFailure(pair, failure, round);
    onFailing(failure);
    for (const ref of by) await askPair({ process, ...ref }, 'resend');
    await condition(() => requests.waiting, PAUSE_WHEN_ERASING);
    if (requests.hasCommand) return INTERRUPTED;
    requests.take();
    return null;
  }

  /**
   * Writes the result of a delivery. While the database is unavailable, this is reported and retried for hours. A
   * result that the database refuses is reported as well and retried once; then the pass ends, so that the next sweep
   * reads the row again, with any correction made in EMS.
   */
  async function isRecorded(delivery: Delivery): Promise<boolean> {
    if (delivery === recorded) return true;
    for (let attempts = 1; ; attempts += 1) {
      try {
        await recordActivities.record({ process, type, delivery });
        return true;
      } catch (error) {
        const failure = failureOf(error);
        await tellFailure(pair, failure, attempts);
        onFailing(failure);
        if (failure.errorClass !== 'bug' && attempts < ATTEMPTS_WITHOUT_DATABASE) continue;
        if (attempts >= ATTEMPTS_AT_RECORDING) return false;
        await condition(() => requests.waiting, PAUSE_AFTER_REFUSED_RECORD);
        if (requests.waiting) return false;
      }
    }
  }

  /** @returns why it was refused; null: it was executed. */
  async function run(command: PairCommand): Promise<string | null> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        await commandActivities.runCommand({ ...pair, command });
        return null;
      } catch (error) {
        const failure = failureOf(error);
        if (failure.errorClass === 'rejected') return failure.message;
        if (attempts === ATTEMPTS_AT_COMMAND) throw error;
        await tellFailure(pair, failure, attempts);
        onFailing(failure);
      }
    }
  }

  /** An operator's command goes first; this pass's requests are added again. */
  function goOnLater(asked: Asked): typeof INTERRUPTED {
    for (const request of served(asked)) requests.add(request);
    return INTERRUPTED;
  }

  /** Each webhook of a burst requests the same: the pass that serves the rest waits until the burst has ended. */
  async function untilQuiet(): Promise<void> {
    for (let waits = 0; waits < QUIET_AT_MOST && requests.onlyInbound; waits += 1) {
      const { timesAsked } = requests;
      await sleep(QUIET_MS);
      if (requests.timesAsked === timesAsked) return;
    }
  }

  function onFailing({ errorClass, message }: AttemptFailure): void {
    if (result.outcome !== 'FAILING') upsertSearchAttributes([{ key: syncOutcomeAttribute, value: 'FAILING' }]);
    answer({ outcome: 'FAILING', delivery: 'failing', reason: `${errorClass}: ${message}` });
  }

  /**
   * The sweep after `ems-sync resume` finds a plain delivery again, so this run ends. Everything else waits here: a poll
   * may have moved its cursor past it.
   */
  function onPaused(reason: string, asked: Asked): boolean {
    if (result.outcome !== 'PAUSED') upsertSearchAttributes([{ key: syncOutcomeAttribute, value: 'PAUSED' }]);
    answer({ outcome: 'PAUSED', delivery: 'paused', reason });
    return !mayGiveUp || asked.resend || asked.inbound || requests.waiting;
  }

  function answer(known: SyncEntityResult): void {
    result = known;
    requests.answer();
    setCurrentDetails(describeResult(known));
  }
}

/** Still blocked after all rounds: wait for the other record, and evaluate again when it has changed. */
function settle(delivery: Delivery): Delivery {
  if (delivery.kind !== 'blocked') return delivery;
  const [first] = delivery.by;
  if (first === undefined) throw ApplicationFailure.nonRetryable('blocked by nobody', 'bug');
  const { key, fencingToken, evaluated, field, reason } = delivery;
  return { key, fencingToken, evaluated, kind: 'waiting', for: formatRef(first), field, reason };
}
