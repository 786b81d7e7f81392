import { absorb } from '../../activities/absorb.ts';
import { ComparisonState } from '../../activities/comparison-state.ts';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { findDue, findGone } from '../../activities/find-due.ts';
import { planSweep } from '../../activities/plan-sweep.ts';
import { record } from '../../activities/record.ts';
import type { Delivery } from '../../sync/delivery.ts';
import { formatRef, type EntityRef } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';

const ROUNDS = 6;

/** One full sweep without Temporal: the same activities in the same order, one row after the other. */
export async function sweepInProcess(dependencies: Dependencies, process: SyncProcessName): Promise<void> {
  for (const step of await planSweep(dependencies, new ComparisonState(), { process, full: true })) {
    if (step.kind === 'stopped') continue;
    const { kind, atOnce: _, mark: __, ...looked } = step;
    let after = null;
    do {
      const page = await (kind === 'due' ? findDue : findGone)(dependencies, { process, ...looked, after, limit: 200 });
      for (const key of page.keys) await syncPair(dependencies, process, { type: step.type, key });
      after = page.next;
    } while (after !== null);
  }
}

interface Pass extends EntityRef {
  readonly resend?: boolean;
  /** Who waits for this one, and for those. */
  readonly asking?: readonly string[];
  /** How often each has been asked: rows that nobody lets go are not asked for ever. */
  readonly timesAsked?: Map<string, number>;
}

/** The outbound half of `syncEntity`, with failures that another sweep would take up. */
async function syncPair(
  dependencies: Dependencies,
  process: SyncProcessName,
  { type, key, resend = false, asking = [], timesAsked = new Map() }: Pass,
): Promise<void> {
  const own = formatRef({ type, key });
  let isResend = resend;
  for (let round = 0; round < ROUNDS; round += 1) {
    let delivery: Delivery;
    try {
      delivery = await deliver(dependencies, { process, type, key, resend: isResend, attempt: 1 });
    } catch (error) {
      if (error instanceof SyncError) return;
      throw error;
    }
    if (delivery.kind === 'absorb-first') await absorb(dependencies, { process, type, key });
    else if (delivery.kind === 'with-parent') return syncPair(dependencies, process, delivery.by);
    else if (delivery.kind === 'blocked') {
      for (const ref of delivery.by.filter((one) => !asking.includes(formatRef(one)))) {
        const times = timesAsked.get(formatRef(ref)) ?? 0;
        if (times >= ROUNDS) continue;
        timesAsked.set(formatRef(ref), times + 1);
        await syncPair(dependencies, process, { ...ref, resend: true, asking: [...asking, own], timesAsked });
      }
      if (asking.length > 0) isResend = true;
    } else {
      await record(dependencies, { process, type, delivery });
      if (delivery.kind !== 'released') return;
      isResend = false;
    }
  }
}
