import { createHmac, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Surroundings } from '../kit/surroundings.ts';
import { type Sending, WebhookSender } from '../kit/webhook-sender.ts';
import type { tagServerKnobs } from './knobs.ts';

/** Where to send nudges; the secret in the Standard Webhooks format, `whsec_` and base64. */
export const subscription = z.strictObject({
  url: z.url(),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/),
});

export type Subscription = z.output<typeof subscription>;

interface About {
  readonly id: string;
  readonly url: string;
}

/** One delivery attempt, for tests to inspect. */
export type NudgeDelivery = About & Sending;

/** Commits within this time share one nudge, which only says that there is something to read. */
const COALESCE_MS = 10;
const RETRY_AFTER_MS = [1_000, 5_000, 30_000, 300_000, 3_600_000];
const GIVE_UP_MS = 24 * 3_600_000;
const GONE = 410;

type Around = Pick<Surroundings<typeof tagServerKnobs>, 'clock' | 'random' | 'faults'>;

/** The webhook `changes.available`: sent at least once, in any order, without content. */
export class Nudges {
  readonly #clock: Around['clock'];
  readonly #latestCursor: () => string;
  readonly #sender: WebhookSender<About>;
  #subscription: Subscription | undefined;
  #announced = false;

  constructor(around: Around, latestCursor: () => string) {
    this.#clock = around.clock;
    this.#latestCursor = latestCursor;
    this.#sender = new WebhookSender(around, {
      timeoutMs: 15_000,
      delay: { ms: 0, jitterMs: 0 },
      pauseAfter: (sending, msSinceFirst) => this.#pauseAfter(sending, msSinceFirst),
    });
  }

  subscribe(to: Subscription): void {
    this.#subscription = to;
  }

  read(): { readonly url: string | null; readonly deliveries: readonly NudgeDelivery[] } {
    return { url: this.#subscription?.url ?? null, deliveries: this.#sender.read().deliveries };
  }

  /** Drops the subscription and all pending sendings. */
  clear(): void {
    this.#sender.clear();
    this.#subscription = undefined;
    this.#announced = false;
  }

  /** Called after a commit. */
  announce(): void {
    if (this.#subscription === undefined || this.#announced) return;
    this.#announced = true;
    this.#sender.later(COALESCE_MS, () => {
      this.#announced = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    const id = `msg_${randomUUID()}`;
    const body = JSON.stringify({
      type: 'changes.available',
      timestamp: this.#clock.instant(),
      data: { latestCursor: this.#latestCursor() },
    });
    void this.#sender.send({
      event: 'changes.available',
      prepare: () => {
        const to = this.#subscription;
        return to && { about: { id, url: to.url }, request: () => this.#request(id, body) };
      },
    });
  }

  /** Undefined once there is no subscription. */
  #request(id: string, body: string) {
    if (this.#subscription === undefined) return undefined;
    const timestamp = String(Math.floor(this.#clock.now() / 1_000));
    const key = Buffer.from(this.#subscription.secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    };
    return { headers, body };
  }

  #pauseAfter({ attempt, status }: Sending, msSinceFirst: number): number | undefined {
    if (status === GONE) this.#subscription = undefined;
    if (status === GONE || msSinceFirst > GIVE_UP_MS) return undefined;
    return RETRY_AFTER_MS[Math.min(attempt, RETRY_AFTER_MS.length) - 1];
  }
}
