import { createHmac } from 'node:crypto';
import type { Surroundings } from '../kit/surroundings.ts';
import { type Sending, WebhookSender } from '../kit/webhook-sender.ts';
import { formEncode } from './form.ts';
import type { mailchimpKnobs } from './knobs.ts';
import type { Hook, Source, WebhookEvent } from './records.ts';
import type { Settings } from './settings.ts';

interface About {
  readonly event: WebhookEvent;
  readonly source: Source;
  /** The webhook's id in the API. */
  readonly webhookId: string;
  readonly url: string;
  /** The form as sent. */
  readonly body: string;
}

/** One POST that was due, for tests to inspect. */
export type Delivery = About & Sending;

interface Around extends Pick<Surroundings<typeof mailchimpKnobs>, 'clock' | 'random' | 'faults'> {
  readonly hooks: () => readonly Hook[];
  readonly settings: () => Settings;
}

/**
 * Webhooks: each event goes to every hook subscribed to it and its source, after a delay; failed ones are retried for a
 * while.
 */
export class Webhooks extends WebhookSender<About> {
  readonly #around: Around;

  constructor(around: Around) {
    super(around, {
      timeoutMs: 10_000,
      delay: { ms: 50, jitterMs: 200 },
      pauseAfter: ({ attempt }) => around.settings().webhookRetriesMs[attempt - 1],
    });
    this.#around = around;
  }

  /** Publishes an event; the form shows the state at this moment. It is made only if a hook gets it. */
  publish(event: WebhookEvent, source: Source, data: () => Readonly<Record<string, unknown>>): void {
    const hooks = this.#around.hooks().filter(({ events, sources }) => events[event] && sources[source]);
    if (hooks.length === 0) return;
    const firedAt = this.#around.clock.instant().slice(0, 19).replace('T', ' ');
    const body = formEncode({ type: event, fired_at: firedAt, data: data() });
    for (const hook of hooks) {
      const about = { event, source, webhookId: hook.key, url: hook.url, body };
      void this.send({
        event,
        prepare: () => ({ about, request: () => ({ headers: this.#headers(hook, body), body }) }),
      });
    }
  }

  #headers({ secret }: Hook, body: string): Record<string, string> {
    const seconds = Math.floor(this.#around.clock.now() / 1_000);
    return {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'MailChimp',
      ...(secret === null ? {} : { 'x-mailchimp-signature': signature(secret, seconds, body) }),
    };
  }
}

/** `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over the time, a dot, and the form as sent. */
const signature = (secret: string, seconds: number, body: string): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
