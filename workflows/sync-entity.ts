import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Delivery } from '../sync/delivery.ts';
import { formatRef } from '../sync/entity-type.ts';
import { outcomeOf } from '../sync/sync-outcome.ts';
import { recordActivities } from './activity-proxies.ts';
import { askToResend } from './ask-to-resend.ts';
import { deliverDurably } from './deliver-durably.ts';
import { requestedSignal, syncNowUpdate, type SyncEntityInput, type SyncEntityResult } from './pair-requests.ts';
import { Requests } from './requests.ts';
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
  const { process, type, key } = input;
  const requests = new Requests(input.requests);
  let result: SyncEntityResult = { outcome: 'PENDING', delivery: 'nothing', reason: null };

  setHandler(requestedSignal, (request) => {
    requests.add(request);
  });
  setHandler(syncNowUpdate, async (request) => {
    requests.add(request);
    await requests.answered();
    return result;
  });

  // Started for a caller who waits, the request comes by the update alone.
  await condition(() => requests.waiting, '1 minute');
  while (requests.waiting) {
    // A caller who waits cannot be carried over to the next run: it is answered first.
    if (requests.timesTaken >= PASSES_BEFORE_CONTINUE && allHandlersFinished()) {
      await continueAsNew<typeof syncEntity>({ process, type, key, requests: requests.toList() });
    }
    answer(await outboundPass());
    await condition(() => requests.waiting || allHandlersFinished());
  }
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: result.outcome }]);
  return result;

  /** Brings the target to what EMS holds: deliver, then record. */
  async function outboundPass(): Promise<SyncEntityResult> {
    let { resend } = requests.take();
    for (let round = 0; ; round += 1) {
      const delivery = await deliverDurably({ process, type, key }, requests, resend, ({ errorClass, message }) => {
        if (result.outcome !== 'FAILING') upsertSearchAttributes([{ key: syncOutcomeAttribute, value: 'FAILING' }]);
        answer({ outcome: 'FAILING', delivery: 'failing', reason: `${errorClass}: ${message}` });
      });
      if (delivery.kind === 'blocked' && round < ROUNDS_WHEN_BLOCKED) {
        for (const ref of delivery.by) await askToResend({ process, ...ref });
        // Whoever blocks us may be blocked by us: a request to give way ends the wait.
        await condition(() => requests.has('resend'), 1_000 * 2 ** round);
        resend = requests.take().resend || resend;
        continue;
      }
      const settled = settle(delivery);
      await recordActivities.record({ process, type, delivery: settled });
      if (settled.kind !== 'gave-way') return resultOf(settled);
      // What was contested is let go; now the pair is sent in full.
      resend = false;
    }
  }

  function answer(known: SyncEntityResult): void {
    result = known;
    requests.answer();
    setCurrentDetails(describe(known));
  }
}

/** Still blocked after all rounds: wait for the other record, and look again when that has changed. */
function settle(delivery: Delivery): Delivery {
  if (delivery.kind !== 'blocked') return delivery;
  const [first] = delivery.by;
  if (first === undefined) throw ApplicationFailure.nonRetryable('blocked by nobody', 'bug');
  const { key, pass, examined } = delivery;
  return { key, pass, examined, kind: 'waiting', for: formatRef(first) };
}

function resultOf(delivery: Delivery): SyncEntityResult {
  return { outcome: outcomeOf(delivery.kind), delivery: delivery.kind, reason: reasonOf(delivery) };
}

function reasonOf(delivery: Delivery): string | null {
  if (delivery.kind === 'waiting') return `waits for ${delivery.for}`;
  if (delivery.kind !== 'parked') return null;
  return delivery.field === null ? delivery.reason : `${delivery.field}: ${delivery.reason}`;
}

function describe({ outcome, delivery, reason }: SyncEntityResult): string {
  return reason === null ? `**${outcome}** (${delivery})` : `**${outcome}** (${delivery}): ${reason}`;
}
