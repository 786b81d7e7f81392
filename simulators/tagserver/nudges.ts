import { createHmac, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Surroundings } from '../kit/faulty-api.ts';
import type { tagServerKnobs } from './knobs.ts';

/** Where to send nudges; the secret in the form of Standard Webhooks, `whsec_` and base64. */
export const subscription = z.strictObject({
  url: z.url(),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/),
});

export type Subscription = z.output<typeof subscription>;

/** One attempt to deliver, for a test's eyes. `status` is null if there was no answer. */
export interface NudgeDelivery {
  readonly id: string;
  readonly at: string;
  readonly status: number | null;
}

/** Several commits in a moment are one nudge: it says only that there is something to read. */
const COALESCE_MS = 10;
/** A nudge that is to arrive after its successor is late, not lost, if there is none. */
const REORDER_MS = 1_000;
const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 300_000, 3_600_000];
const GIVE_UP_MS = 24 * 3_600_000;
const AS_REQUEST = { method: 'POST', path: 'changes.available' };

/** The webhook `changes.available`: at least once, unordered, thin. */
export class Nudges {
  readonly #surroundings: Pick<Surroundings<typeof tagServerKnobs>, 'clock' | 'random' | 'faults'>;
  readonly #latestCursor: () => string;
  readonly #timers = new Set<NodeJS.Timeout>();
  #subscription: Subscription | undefined;
  #deliveries: NudgeDelivery[] = [];
  #announced = false;
  #overtaken: (() => void)[] = [];

  constructor(
    surroundings: Pick<Surroundings<typeof tagServerKnobs>, 'clock' | 'random' | 'faults'>,
    latestCursor: () => string,
  ) {
    this.#surroundings = surroundings;
    this.#latestCursor = latestCursor;
  }

  subscribe(to: Subscription): void {
    this.#subscription = to;
  }

  read(): { readonly url: string | null; readonly deliveries: readonly NudgeDelivery[] } {
    return { url: this.#subscription?.url ?? null, deliveries: this.#deliveries };
  }

  /** Forgets the subscription and everything under way. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#subscription = undefined;
    this.#deliveries = [];
    this.#announced = false;
    this.#overtaken = [];
  }

  /** Something was committed. */
  announce(): void {
    if (this.#subscription === undefined || this.#announced) return;
    this.#announced = true;
    this.#later(COALESCE_MS, () => {
      this.#announced = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    const { faults, clock, random } = this.#surroundings;
    const id = `msg_${randomUUID()}`;
    const body = JSON.stringify({
      type: 'changes.available',
      timestamp: clock.instant(),
      data: { latestCursor: this.#latestCursor() },
    });
    if (faults.take('nudgeDrop', AS_REQUEST) !== undefined) return;
    const delay = faults.take('nudgeDelay', AS_REQUEST);
    const copies = faults.take('nudgeDuplicate', AS_REQUEST) === undefined ? 1 : 2;
    const startedAt = Date.now();
    const send = async (): Promise<void> => {
      for (let copy = 0; copy < copies; copy += 1) await this.#deliver(id, body, startedAt, 0);
    };
    if (faults.take('nudgeReorder', AS_REQUEST) !== undefined) {
      this.#overtake(send);
      return;
    }
    const waiting = this.#overtaken;
    this.#overtaken = [];
    const ms = delay === undefined ? 0 : delay.ms + Math.floor(random.next() * (delay.jitterMs ?? 0));
    this.#later(ms, () => {
      void send().then(() => waiting.forEach((release) => release()));
    });
  }

  #overtake(send: () => Promise<void>): void {
    let sent = false;
    const release = (): void => {
      if (sent) return;
      sent = true;
      void send();
    };
    this.#overtaken.push(release);
    this.#later(REORDER_MS, release);
  }

  async #deliver(id: string, body: string, startedAt: number, attempt: number): Promise<void> {
    const to = this.#subscription;
    if (to === undefined) return;
    const { clock } = this.#surroundings;
    const timestamp = String(Math.floor(clock.now() / 1_000));
    const key = Buffer.from(to.secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const status = await fetch(to.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
      signal: AbortSignal.timeout(15_000),
    }).then(
      (response) => response.status,
      () => null,
    );
    this.#deliveries.push({ id, at: clock.instant(), status });
    if (status === 410) this.#subscription = undefined;
    if (status === 410 || (status !== null && status < 300) || Date.now() - startedAt > GIVE_UP_MS) return;
    const pause = RETRY_AFTER_MS[Math.min(attempt, RETRY_AFTER_MS.length - 1)] ?? 0;
    this.#later(pause, () => void this.#deliver(id, body, startedAt, attempt + 1));
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms).unref();
    this.#timers.add(timer);
  }
}
