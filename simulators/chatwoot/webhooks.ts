import { createHmac, randomUUID } from 'node:crypto';
import type { Surroundings } from '../kit/faulty-api.ts';
import type { chatwootKnobs } from './knobs.ts';
import type { Webhook } from './records.ts';

export const webhookEvents = [
  'conversation_status_changed',
  'conversation_updated',
  'conversation_created',
  'contact_created',
  'contact_updated',
  'message_created',
  'message_updated',
  'webwidget_triggered',
  'inbox_created',
  'inbox_updated',
  'conversation_typing_on',
  'conversation_typing_off',
] as const;

export type WebhookEvent = (typeof webhookEvents)[number];

/** One webhook that was due, for a test's eyes. */
export interface Delivery {
  readonly event: WebhookEvent;
  readonly webhookId: number;
  readonly url: string;
  /** By the virtual clock, when it was sent or lost. */
  readonly at: string;
  /** `lost` never left; `refused` had an answer that is not 2xx; `unanswered` had none within 5 seconds. */
  readonly fate: 'delivered' | 'refused' | 'unanswered' | 'lost';
  readonly status: number | null;
  /** Until the answer, or the end of patience; null where it was lost. */
  readonly tookMs: number | null;
  /** Sent a second time: the event fired twice. */
  readonly double: boolean;
  /** X-Chatwoot-Delivery, its own for each sending; null where it was lost, or the server is an older one. */
  readonly deliveryId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 5_000;
const DELAY_MS = { ms: 50, jitterMs: 450 };
/** A webhook that is to arrive after its successor is late, not lost, if there is none. */
const REORDER_MS = 1_000;

type Around = Pick<Surroundings<typeof chatwootKnobs>, 'clock' | 'random' | 'faults'>;

/** Webhooks: each event once to each subscriber, a moment later, in no order, never again if it fails. */
export class Webhooks {
  readonly #around: Around;
  readonly #subscribed: () => readonly Webhook[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #deliveries: Delivery[] = [];
  #underWay = 0;
  #round = 0;
  #overtaken: (() => void)[] = [];

  /** @param subscribed the webhooks there are now */
  constructor(around: Around, subscribed: () => readonly Webhook[]) {
    this.#around = around;
    this.#subscribed = subscribed;
  }

  /** How many are still to be sent or answered, and what became of the others, in order of their end. */
  read(): { readonly underWay: number; readonly deliveries: readonly Delivery[] } {
    return { underWay: this.#underWay, deliveries: this.#deliveries };
  }

  /** Forgets everything, also what is under way. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#deliveries = [];
    this.#overtaken = [];
    this.#underWay = 0;
    this.#round += 1;
  }

  /**
   * Something happened. `render` is called only when the job runs, as ChatWoot's does: the payload shows what is then,
   * and undefined (the record is gone by then) ends it.
   */
  publish(event: WebhookEvent, render: () => Readonly<Record<string, unknown>> | undefined): void {
    const { faults } = this.#around;
    const asRequest = { method: 'POST', path: event };
    for (const webhook of this.#subscribed()) {
      if (!webhook.subscriptions.includes(event)) continue;
      const lost = faults.take('webhookDrop', asRequest) !== undefined;
      const copies = faults.take('webhookDuplicate', asRequest) === undefined ? 1 : 2;
      for (let copy = 0; copy < copies; copy += 1) this.#queue(event, webhook, render, { lost, double: copy > 0 });
    }
  }

  #queue(
    event: WebhookEvent,
    webhook: Webhook,
    render: () => Readonly<Record<string, unknown>> | undefined,
    { lost, double }: { readonly lost: boolean; readonly double: boolean },
  ): void {
    const { faults, random, clock } = this.#around;
    const round = this.#round;
    const delay = faults.take('webhookDelay', { method: 'POST', path: event }) ?? DELAY_MS;
    const reorder = faults.take('webhookReorder', { method: 'POST', path: event }) !== undefined;
    const wait = delay.ms + Math.floor(random.next() * (delay.jitterMs ?? 0));
    const finish = (delivery?: Delivery): void => {
      if (round !== this.#round) return;
      this.#underWay -= 1;
      if (delivery !== undefined) this.#deliveries.push(delivery);
    };
    this.#underWay += 1;
    this.#later(wait / 2, () => {
      const payload = render();
      if (payload === undefined) return finish();
      const about = { event, webhookId: webhook.id, url: webhook.url, double, payload };
      if (lost)
        return finish({ ...about, at: clock.instant(), fate: 'lost', status: null, tookMs: null, deliveryId: null });
      const send = (): void => void this.#send(webhook, about).then(finish);
      if (reorder) return this.#overtake(send);
      this.#later(wait / 2, () => {
        const waiting = this.#overtaken.splice(0);
        send();
        for (const release of waiting) this.#later(5, release);
      });
    });
  }

  #overtake(send: () => void): void {
    let sent = false;
    const release = (): void => {
      if (sent) return;
      sent = true;
      send();
    };
    this.#overtaken.push(release);
    this.#later(REORDER_MS, release);
  }

  async #send(
    webhook: Webhook,
    about: Pick<Delivery, 'event' | 'webhookId' | 'url' | 'double' | 'payload'>,
  ): Promise<Delivery> {
    const { faults, clock } = this.#around;
    const body = JSON.stringify(about.payload);
    const unsigned = faults.take('olderServer', { method: 'POST', path: about.event }) !== undefined;
    const deliveryId = unsigned ? null : randomUUID();
    const timestamp = String(Math.floor(clock.now() / 1_000));
    const signature = createHmac('sha256', webhook.secret).update(`${timestamp}.${body}`).digest('hex');
    const at = clock.instant();
    const sentAt = performance.now();
    const status = await fetch(webhook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(deliveryId === null
          ? {}
          : {
              'x-chatwoot-delivery': deliveryId,
              'x-chatwoot-timestamp': timestamp,
              'x-chatwoot-signature': `sha256=${signature}`,
            }),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => null,
    );
    const fate = status === null ? 'unanswered' : status >= 200 && status < 300 ? 'delivered' : 'refused';
    return { ...about, at, fate, status, tookMs: Math.round(performance.now() - sentAt), deliveryId };
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms).unref();
    this.#timers.add(timer);
  }
}
