import { absorb } from '../../activities/absorb.ts';
import { ComparisonState, type PlannedMark } from '../../activities/comparison-state.ts';
import { deliver } from '../../activities/deliver.ts';
import { deliverPage } from '../../activities/deliver-page.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { advance, findChanged } from '../../activities/find-changed.ts';
import { findDue, findGone } from '../../activities/find-due.ts';
import { keepMark } from '../../activities/keep-mark.ts';
import { planPoll } from '../../activities/plan-poll.ts';
import { planSweep, type SweepStep } from '../../activities/plan-sweep.ts';
import { record, recordFailure } from '../../activities/record.ts';
import { ATTEMPTS_BEFORE_FAILING } from '../../sync/error-class.ts';
import { formatRef, type EntityRef } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { pageWorkflowId } from '../../sync/workflow-ids.ts';
import { Crash, type Crashes } from './crashes.ts';

/** Passes of one pair in a row, as in `syncEntity`. */
const ROUNDS = 6;

/** What a pair's workflow has been asked for and has not done yet. Temporal keeps it when a worker dies. */
interface Asked {
  readonly resend?: boolean;
  readonly inbound?: boolean;
}

interface Blocked {
  /** The pairs that wait for this one. */
  readonly asking: readonly string[];
  readonly timesAsked: Map<string, number>;
}

/**
 * Sweeps and polls of one process without Temporal: the activities that its workflows call, in the same order, one pair
 * after the other. A failure is recorded, and its pair is asked again by the next round; a crash ends the round.
 */
export class Rounds {
  readonly #dependencies: Dependencies;
  readonly #process: SyncProcessName;
  readonly #crashes: Crashes;
  readonly #owed = new Map<string, { readonly ref: EntityRef } & Asked>();
  #state = new ComparisonState();

  constructor(dependencies: Dependencies, process: SyncProcessName, crashes: Crashes) {
    this.#dependencies = dependencies;
    this.#process = process;
    this.#crashes = crashes;
  }

  /** Whether a pair failed or was cut off, and is still to be served. */
  get isOwing(): boolean {
    return this.#owed.size > 0;
  }

  sweep({ full }: { readonly full: boolean }): Promise<void> {
    return this.#round(async () => {
      const process = this.#process;
      const steps = await planSweep(this.#dependencies, this.#state, { process, full });
      let mark: PlannedMark | undefined;
      for (const step of steps) {
        if (step.kind === 'stopped') continue;
        mark ??= step.mark;
        await this.#step(step);
      }
      if (mark === undefined) return;
      const except = steps.flatMap((step) => (step.kind === 'stopped' ? [step.type] : []));
      await keepMark(this.#dependencies, this.#state, { process, mark, except });
    });
  }

  poll(): Promise<void> {
    return this.#round(async () => {
      const process = this.#process;
      for (const step of (await planPoll(this.#dependencies, { process })).steps) {
        let page: string | null = null;
        let seenUpTo: string | null = null;
        do {
          const changed = await findChanged(this.#dependencies, { process, ...step, page });
          for (const ref of changed.pairs) await this.#pass(ref, { inbound: true });
          ({ next: page, seenUpTo } = changed);
        } while (page !== null);
        if (seenUpTo !== null) await advance(this.#dependencies, { process, ...step, seenUpTo });
      }
    });
  }

  /** An operator asks for one pair. */
  ask(ref: EntityRef, asked: Asked): Promise<void> {
    return this.#round(() => this.#pass(ref, asked));
  }

  /** Serves what is owed, then `work`. A crash loses what the worker kept in memory. */
  async #round(work: () => Promise<void>): Promise<void> {
    try {
      for (const { ref, ...asked } of this.#owed.values().toArray()) await this.#pass(ref, asked);
      await work();
    } catch (error) {
      if (error instanceof Crash) this.#state = new ComparisonState();
      // A list that cannot be read: the next poll reads it again.
      else if (!(error instanceof SyncError)) throw error;
    }
  }

  async #step(step: SweepStep): Promise<void> {
    const { kind, type, pages, atOnce: _, mark: __, ...range } = step;
    const find = kind === 'due' ? findDue : findGone;
    let after: string | null = null;
    do {
      const input = { process: this.#process, type, ...range, after, limit: 200 };
      const { keys, next }: { keys: readonly string[]; next: string | null } = await find(this.#dependencies, input);
      const left = pages === undefined ? keys : await this.#page(type, keys);
      for (const key of left) await this.#pass({ type, key });
      after = next;
    } while (after !== null);
  }

  /** @returns the rows that need a pass of their own. */
  async #page(type: EntityRef['type'], keys: readonly string[]): Promise<readonly string[]> {
    const [first] = keys;
    if (first === undefined) return [];
    const holder = pageWorkflowId(this.#process, type, first);
    try {
      return (await deliverPage(this.#dependencies, { process: this.#process, type, keys, holder })).left;
    } catch (error) {
      if (error instanceof SyncError) return keys;
      for (const key of keys) this.#owed.set(formatRef({ type, key }), { ref: { type, key } });
      throw error;
    }
  }

  async #pass(ref: EntityRef, asked: Asked = {}, blocked: Blocked = { asking: [], timesAsked: new Map() }) {
    const name = formatRef(ref);
    const { resend, inbound } = this.#owed.get(name) ?? {};
    const all: Asked = {
      resend: resend === true || asked.resend === true,
      inbound: inbound === true || asked.inbound === true,
    };
    this.#owed.set(name, { ref, ...all });
    try {
      await this.#serve(ref, all, blocked);
      this.#owed.delete(name);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      const { errorClass, message, code } = error;
      const failure = { process: this.#process, ...ref, errorClass, message, code };
      await recordFailure(this.#dependencies, { ...failure, attempts: ATTEMPTS_BEFORE_FAILING });
    }
  }

  async #serve(ref: EntityRef, { resend = false, inbound = false }: Asked, blocked: Blocked): Promise<void> {
    const pair = { process: this.#process, ...ref };
    let isResend = resend;
    let isInbound = inbound;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (isInbound) {
        const absorption = await absorb(this.#dependencies, pair);
        if (absorption.kind === 'parked' || (inbound && !resend && !absorption.outboundDue)) return;
        isResend ||= absorption.kind === 'consent' && absorption.resend === true;
        isInbound = false;
      }
      const delivery = await deliver(this.#dependencies, { ...pair, resend: isResend, attempt: 1 });
      if (delivery.kind === 'absorb-first') isInbound = true;
      else if (delivery.kind === 'with-parent') return this.#pass(delivery.by);
      else if (delivery.kind === 'blocked') {
        await this.#askBlockers(ref, delivery.by, blocked);
        if (blocked.asking.length > 0) isResend = true;
      } else {
        this.#crashes.strike('before-record');
        await record(this.#dependencies, { process: this.#process, type: ref.type, delivery });
        if (delivery.kind !== 'released') return;
        isResend = false;
      }
    }
  }

  async #askBlockers(ref: EntityRef, by: readonly EntityRef[], { asking, timesAsked }: Blocked): Promise<void> {
    for (const other of by) {
      const name = formatRef(other);
      const times = timesAsked.get(name) ?? 0;
      if (asking.includes(name) || times >= ROUNDS) continue;
      timesAsked.set(name, times + 1);
      await this.#pass(other, { resend: true }, { asking: [...asking, formatRef(ref)], timesAsked });
    }
  }
}
