import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac } from 'node:crypto';
import type { Surroundings } from '../kit/surroundings.ts';
import { type Sending, WebhookSender } from '../kit/webhook-sender.ts';
import type { mauticKnobs } from './knobs.ts';
import { isoOf, phpEncode } from './php.ts';
import type { Hook } from './records.ts';
import type { Settings } from './settings.ts';

export const webhookEvents = [
  'mautic.lead_post_save_new',
  'mautic.lead_post_save_update',
  'mautic.lead_post_delete',
  'mautic.lead_channel_subscription_changed',
  'mautic.lead_list_change',
  'mautic.lead_points_change',
] as const;

export type WebhookEvent = (typeof webhookEvents)[number];

interface About {
  readonly hookId: number;
  readonly url: string;
  /** The payload's events, in order. */
  readonly events: readonly WebhookEvent[];
  readonly payload: unknown;
}

/** One POST that was due, for tests to inspect. */
export type Delivery = About & Sending;

/** An event waiting for a hook, with the state at the moment it happened. */
interface Queued {
  readonly event: WebhookEvent;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The webhooks that an API call has to wait for. */
interface Call {
  sent: Promise<unknown>;
}

/** Time-out of the cron's requests. */
const QUEUE_TIMEOUT_MS = 15_000;

const EVENTS_PER_POST = 10;
const FAILURES_ALLOWED = 100;
const GONE = 410;

interface Around extends Pick<Surroundings<typeof mauticKnobs>, 'clock' | 'random' | 'faults'> {
  readonly hooks: () => readonly Hook[];
  readonly saveHook: (hook: Hook) => void;
  readonly settings: () => Settings;
  /** The value of X-Origin-Base-URL. */
  readonly origin: () => string;
}

/**
 * Webhooks. In immediate mode each gets one attempt and is lost if that fails; they are sent one after another inside
 * the API call that caused them, without a time-out. In queue mode they are kept until an attempt succeeds.
 */
export class Webhooks {
  readonly #around: Around;
  readonly #sender: WebhookSender<About>;
  readonly #call = new AsyncLocalStorage<Call>();
  #cleared = Promise.withResolvers<void>();
  readonly #queues = new Map<number, Queued[]>();
  #cron: NodeJS.Timeout | undefined;
  #processing: Promise<void> | undefined;
  #round = 0;

  constructor(around: Around) {
    this.#around = around;
    const timeoutMs = () => (this.#areInsideCalls() ? null : QUEUE_TIMEOUT_MS);
    this.#sender = new WebhookSender(around, { timeoutMs, delay: { ms: 0, jitterMs: 0 } });
  }

  /** Runs the work of an API call. @returns a function that waits for the webhooks that it caused. */
  duringCall(work: () => void): () => Promise<void> {
    const call: Call = { sent: Promise.resolve() };
    this.#call.run(call, work);
    const cleared = this.#cleared.promise;
    return async () => {
      await Promise.race([call.sent, cleared]);
    };
  }

  #areInsideCalls(): boolean {
    const { webhookMode, webhooksInsideCalls } = this.#around.settings();
    return webhookMode === 'immediate' && webhooksInsideCalls;
  }

  /** The number of events waiting or being sent, and the outcomes of the others in order of completion. */
  read(): { readonly underWay: number; readonly queued: number; readonly deliveries: readonly Delivery[] } {
    const queued = [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
    return { ...this.#sender.read(), queued };
  }

  /** Drops everything, pending sendings included. */
  clear(): void {
    this.#sender.clear();
    this.#cleared.resolve();
    this.#cleared = Promise.withResolvers();
    clearTimeout(this.#cron);
    this.#cron = undefined;
    this.#processing = undefined;
    this.#queues.clear();
    this.#round += 1;
  }

  /** Publishes an event; the payload shows the state at this moment. */
  publish(event: WebhookEvent, payload: Readonly<Record<string, unknown>>): void {
    const { clock, settings } = this.#around;
    const queued = { event, payload: { ...payload, timestamp: isoOf(clock.now()) } };
    for (const hook of this.#around.hooks()) {
      if (!hook.isPublished || !hook.triggers.includes(event)) continue;
      if (settings().webhookMode === 'immediate') {
        this.#sendAtOnce(hook, queued);
      } else {
        this.#queues.set(hook.id, [...(this.#queues.get(hook.id) ?? []), queued]);
        this.#awaitCron();
      }
    }
  }

  #sendAtOnce(hook: Hook, queued: Queued): void {
    const call = this.#call.getStore();
    if (call === undefined || !this.#areInsideCalls()) void this.#depart(hook, [queued]);
    else call.sent = call.sent.then(() => this.#depart(hook, [queued]));
  }

  /** One run of the cron in queue mode: ten events per POST, the next ten only after those were accepted. */
  process(): Promise<void> {
    // Concurrent runs would send the same events twice.
    this.#processing ??= Promise.all([...this.#queues.keys()].map((id) => this.#processHook(id))).then(() => {
      this.#processing = undefined;
      return undefined;
    });
    return this.#processing;
  }

  async #processHook(id: number): Promise<void> {
    for (;;) {
      const hook = this.#around.hooks().find((one) => one.id === id);
      const queue = this.#queues.get(id) ?? [];
      if (hook === undefined || !hook.isPublished || queue.length === 0) return;
      const batch = queue.slice(0, EVENTS_PER_POST);
      const delivery = await this.#depart(hook, batch);
      if (delivery?.fate !== 'delivered' && delivery?.fate !== 'lost') return;
      this.#queues.set(id, (this.#queues.get(id) ?? []).slice(batch.length));
    }
  }

  #awaitCron(): void {
    const { cronMs } = this.#around.settings();
    if (cronMs === null || this.#cron !== undefined) return;
    this.#cron = setTimeout(() => void this.#runCron(), cronMs).unref();
  }

  async #runCron(): Promise<void> {
    const round = this.#round;
    await this.process();
    if (round !== this.#round) return;
    this.#cron = undefined;
    if (this.read().queued > 0) this.#awaitCron();
  }

  async #depart(hook: Hook, batch: readonly Queued[]): Promise<Delivery | null> {
    const payload = payloadOf(batch);
    const body = phpEncode(payload);
    const about = { hookId: hook.id, url: hook.webhookUrl, events: batch.map(({ event }) => event), payload };
    const headers = {
      'content-type': 'application/json',
      'x-origin-base-url': this.#around.origin(),
      'webhook-signature': createHmac('sha256', hook.secret).update(body).digest('base64'),
    };
    const delivery = await this.#sender.send({
      event: batch[0]?.event ?? '',
      prepare: () => ({ about, request: () => ({ headers, body }) }),
    });
    if (delivery !== null) this.#note(hook.id, delivery);
    return delivery;
  }

  /** A hook is disabled by a 410, and after a hundred consecutive failures. */
  #note(id: number, { fate, status }: Delivery): void {
    const hook = this.#around.hooks().find((one) => one.id === id);
    if (hook === undefined || fate === 'lost') return;
    const failures = fate === 'delivered' ? 0 : hook.failures + 1;
    const isPublished = hook.isPublished && status !== GONE && failures < FAILURES_ALLOWED;
    if (failures !== hook.failures || isPublished !== hook.isPublished) {
      this.#around.saveHook({ ...hook, failures, isPublished });
    }
  }
}

/** `{"<event>": [payload, …], …}`: ordered within each event's list; the order between lists is lost. */
function payloadOf(batch: readonly Queued[]): Readonly<Record<string, unknown>> {
  const events = new Set(batch.map(({ event }) => event));
  return Object.fromEntries(
    [...events].map((event) => [event, batch.filter((one) => one.event === event).map(({ payload }) => payload)]),
  );
}
