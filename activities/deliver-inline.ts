import type { Delivery } from '../sync/delivery.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { CallPlaces } from './call-places.ts';

/** A delivery within a workflow task. */
export type DeliveredInline =
  /** The target's queue must deliver. `pauseMs`: this attempt has failed, and the target asks for so long a pause. */
  | { readonly kind: 'elsewhere'; readonly pauseMs?: number }
  | { readonly kind: 'delivered'; readonly delivery: Delivery; readonly isRecorded: boolean };

/** A target that takes longer would hold up the workflow tasks of others. */
const SLOW_MS = 2_000;

/** After this time the workflow records the result: the history must have the delivery before a worker may die. */
const RECORDED_WITHIN_MS = 1_000;

/** Results after which the workflow has more to do before it records them, or has nothing to record. */
const LEFT_TO_THE_WORKFLOW: readonly Delivery['kind'][] = ['with-parent', 'absorb-first', 'blocked', 'released'];

/**
 * Delivers and records within a workflow task, if the worker has a place for the call. A target that was slow, or failed, is
 * left to its own queue for a while, so that it holds up nothing else.
 *
 * @throws the delivery's error.
 */
export async function deliverInline(
  places: CallPlaces,
  {
    deliver,
    record,
  }: { readonly deliver: () => Promise<Delivery>; readonly record: (delivery: Delivery) => Promise<void> },
): Promise<DeliveredInline> {
  if (!places.tryTake()) return { kind: 'elsewhere' };
  const slow = setTimeout(() => places.rest(), SLOW_MS);
  let delivery: Delivery;
  try {
    delivery = await deliver();
  } catch (error) {
    places.rest();
    if (error instanceof SyncError && error.retryAfterMs !== undefined)
      return { kind: 'elsewhere', pauseMs: error.retryAfterMs };
    throw error;
  } finally {
    clearTimeout(slow);
    places.give();
  }
  const isRecorded = !LEFT_TO_THE_WORKFLOW.includes(delivery.kind) && (await isDoneSoon(record(delivery)));
  return { kind: 'delivered', delivery, isRecorded };
}

/** Whether it succeeds soon. Never rejects. */
async function isDoneSoon(work: Promise<void>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, RECORDED_WITHIN_MS, false);
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
