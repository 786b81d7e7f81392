import { createHmac, randomUUID } from 'node:crypto';
import type { Surroundings } from '../kit/surroundings.ts';
import { type Sending, WebhookSender } from '../kit/webhook-sender.ts';
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

interface About {
  readonly event: WebhookEvent;
  readonly webhookId: number;
  readonly url: string;
  /** X-Chatwoot-Delivery, new for each sending; null if the webhook was lost or the server is an older one. */
  readonly deliveryId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One webhook that was due, for tests to inspect. */
export type Delivery = About & Sending;

type Around = Pick<Surroundings<typeof chatwootKnobs>, 'clock' | 'random' | 'faults'>;

/** Webhooks: each event is sent once to each subscriber, after a delay, in any order, and never retried. */
export class Webhooks extends WebhookSender<About> {
  readonly #clock: Around['clock'];
  readonly #faults: Around['faults'];
  readonly #subscribed: () => readonly Webhook[];

  /** @param subscribed returns the current webhooks */
  constructor(around: Around, subscribed: () => readonly Webhook[]) {
    super(around, { timeoutMs: 5_000, delay: { ms: 50, jitterMs: 450 } });
    this.#clock = around.clock;
    this.#faults = around.faults;
    this.#subscribed = subscribed;
  }

  /**
   * Publishes an event. `render` runs only when the job runs, as in ChatWoot: the payload shows the state at that
   * moment, and undefined (the record is gone) cancels the job.
   */
  publish(event: WebhookEvent, render: () => Readonly<Record<string, unknown>> | undefined): void {
    for (const webhook of this.#subscribed()) {
      if (!webhook.subscriptions.includes(event)) continue;
      void this.send({
        event,
        prepare: ({ lost }) => {
          const payload = render();
          if (payload === undefined) return undefined;
          const unsigned = lost || this.#faults.take('olderServer', { method: 'POST', path: event }) !== undefined;
          const deliveryId = unsigned ? null : randomUUID();
          const body = JSON.stringify(payload);
          const about = { event, webhookId: webhook.id, url: webhook.url, deliveryId, payload };
          return { about, request: () => ({ headers: this.#headers(webhook, deliveryId, body), body }) };
        },
      });
    }
  }

  #headers({ secret }: Webhook, deliveryId: string | null, body: string): Record<string, string> {
    const unsigned = { 'content-type': 'application/json', accept: 'application/json' };
    if (deliveryId === null) return unsigned;
    const timestamp = String(Math.floor(this.#clock.now() / 1_000));
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    return {
      ...unsigned,
      'x-chatwoot-delivery': deliveryId,
      'x-chatwoot-timestamp': timestamp,
      'x-chatwoot-signature': `sha256=${signature}`,
    };
  }
}
