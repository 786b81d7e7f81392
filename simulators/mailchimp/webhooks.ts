import { createHmac } from 'node:crypto';
import type { Surroundings } from '../kit/faulty-api.ts';
import { formEncode } from './form.ts';
import type { mailchimpKnobs } from './knobs.ts';
import type { Hook, Source, WebhookEvent } from './records.ts';
import type { Settings } from './settings.ts';

/** One POST that was due, for a test's eyes. */
export interface Delivery {
  readonly event: WebhookEvent;
  readonly source: Source;
  /** As the API names the webhook. */
  readonly webhookId: string;
  readonly url: string;
  /** By the virtual clock, when it was sent or lost. */
  readonly at: string;
  /** `lost` never left; `refused` had an answer that is not 2xx; `unanswered` had none within 10 seconds. */
  readonly fate: 'delivered' | 'refused' | 'unanswered' | 'lost';
  readonly status: number | null;
  /** Counts up from 1; one that fails is sent again. */
  readonly attempt: number;
  /** Sent a second time though the first arrived. */
  readonly double: boolean;
  /** As sent, a form. */
  readonly body: string;
}

const TIMEOUT_MS = 10_000;
const DELAY_MS = { ms: 50, jitterMs: 200 };
/** A webhook that is to arrive after its successor is late, not lost, if there is none. */
const REORDER_MS = 1_000;

interface Around extends Pick<Surroundings<typeof mailchimpKnobs>, 'clock' | 'random' | 'faults'> {
  readonly hooks: () => readonly Hook[];
  readonly settings: () => Settings;
}

type About = Pick<Delivery, 'event' | 'source' | 'webhookId' | 'url' | 'double' | 'body'>;

/** Webhooks: each event to each one that wants it and its source, a moment later, again if it fails, then never. */
export class Webhooks {
  readonly #around: Around;
  readonly #timers = new Set<NodeJS.Timeout>();
  #deliveries: Delivery[] = [];
  #underWay = 0;
  #round = 0;
  #overtaken: (() => void)[] = [];

  constructor(around: Around) {
    this.#around = around;
  }

  /** How many are still to be sent, answered or sent again, and what became of each sending, in order of their end. */
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

  /** Something happened; the form says what is now. */
  publish(event: WebhookEvent, source: Source, data: Readonly<Record<string, unknown>>): void {
    const { clock, faults } = this.#around;
    const target = { method: 'POST', path: event };
    const firedAt = clock.instant().slice(0, 19).replace('T', ' ');
    const body = formEncode({ type: event, fired_at: firedAt, data });
    for (const hook of this.#around.hooks()) {
      if (!hook.events[event] || !hook.sources[source]) continue;
      const lost = faults.take('webhookDrop', target) !== undefined;
      const copies = faults.take('webhookDuplicate', target) === undefined ? 1 : 2;
      for (let copy = 0; copy < copies; copy += 1) {
        this.#queue(hook, { event, source, webhookId: hook.key, url: hook.url, double: copy > 0, body }, lost);
      }
    }
  }

  #queue(hook: Hook, about: About, lost: boolean): void {
    const { faults, random, clock } = this.#around;
    const target = { method: 'POST', path: about.event };
    const delay = faults.take('webhookDelay', target) ?? DELAY_MS;
    const reorder = faults.take('webhookReorder', target) !== undefined;
    const send = (): void => void this.#sendUntilTaken(hook, about);
    this.#underWay += 1;
    this.#later(delay.ms + Math.floor(random.next() * (delay.jitterMs ?? 0)), () => {
      if (lost) {
        this.#underWay -= 1;
        this.#deliveries.push({ ...about, at: clock.instant(), fate: 'lost', status: null, attempt: 1 });
        return;
      }
      if (reorder) return this.#overtake(send);
      const waiting = this.#overtaken.splice(0);
      send();
      for (const release of waiting) this.#later(5, release);
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

  async #sendUntilTaken(hook: Hook, about: About, attempt = 1): Promise<void> {
    const round = this.#round;
    const delivery = await this.#send(hook, about, attempt);
    if (round !== this.#round) return;
    this.#deliveries.push(delivery);
    const pause = this.#around.settings().webhookRetriesMs[attempt - 1];
    if (delivery.fate === 'delivered' || pause === undefined) {
      this.#underWay -= 1;
      return;
    }
    this.#later(pause, () => void this.#sendUntilTaken(hook, about, attempt + 1));
  }

  async #send(hook: Hook, about: About, attempt: number): Promise<Delivery> {
    const { clock } = this.#around;
    const seconds = Math.floor(clock.now() / 1_000);
    const at = clock.instant();
    const status = await fetch(hook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'MailChimp',
        ...(hook.secret === null ? {} : { 'x-mailchimp-signature': signature(hook.secret, seconds, about.body) }),
      },
      body: about.body,
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
    return { ...about, at, fate, status, attempt };
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms).unref();
    this.#timers.add(timer);
  }
}

/** `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over time, a dot, and the form as sent. */
const signature = (secret: string, seconds: number, body: string): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
