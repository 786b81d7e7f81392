import { createHmac } from 'node:crypto';
import type { Surroundings } from '../kit/faulty-api.ts';
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

/** One POST that was due, for a test's eyes. */
export interface Delivery {
  readonly hookId: number;
  readonly url: string;
  /** Of its payloads, in order. */
  readonly events: readonly WebhookEvent[];
  /** By the virtual clock, when it was sent or lost. */
  readonly at: string;
  /** `lost` never left; `refused` had an answer that is not 2xx; `unanswered` had none within 15 seconds. */
  readonly fate: 'delivered' | 'refused' | 'unanswered' | 'lost';
  readonly status: number | null;
  /** Sent a second time. */
  readonly double: boolean;
  readonly payload: unknown;
}

/** What waits for a hook, as it was when it happened. */
interface Queued {
  readonly event: WebhookEvent;
  readonly payload: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 15_000;
const EVENTS_PER_POST = 10;
const FAILURES_ALLOWED = 100;
const GONE = 410;
/** A webhook that is to arrive after its successor is late, not lost, if there is none. */
const REORDER_MS = 1_000;

interface Around extends Pick<Surroundings<typeof mauticKnobs>, 'clock' | 'random' | 'faults'> {
  readonly hooks: () => readonly Hook[];
  readonly saveHook: (hook: Hook) => void;
  readonly settings: () => Settings;
  /** X-Origin-Base-URL. */
  readonly origin: () => string;
}

/** Webhooks: one try each in immediate mode, and lost if it fails; in queue mode kept until one succeeds. */
export class Webhooks {
  readonly #around: Around;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #queues = new Map<number, Queued[]>();
  #deliveries: Delivery[] = [];
  #underWay = 0;
  #round = 0;
  #overtaken: (() => void)[] = [];
  #cron: NodeJS.Timeout | undefined;
  #processing: Promise<void> | undefined;

  constructor(around: Around) {
    this.#around = around;
  }

  /** How many events wait or are on their way, and what became of the others, in order of their end. */
  read(): { readonly underWay: number; readonly queued: number; readonly deliveries: readonly Delivery[] } {
    const queued = [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
    return { underWay: this.#underWay, queued, deliveries: this.#deliveries };
  }

  /** Forgets everything, also what is under way. */
  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#cron);
    this.#cron = undefined;
    this.#processing = undefined;
    this.#timers.clear();
    this.#queues.clear();
    this.#deliveries = [];
    this.#overtaken = [];
    this.#underWay = 0;
    this.#round += 1;
  }

  /** Something happened; the payload is what is now. */
  publish(event: WebhookEvent, payload: Readonly<Record<string, unknown>>): void {
    const { clock, settings } = this.#around;
    const queued = { event, payload: { ...payload, timestamp: isoOf(clock.now()) } };
    for (const hook of this.#around.hooks()) {
      if (!hook.isPublished || !hook.triggers.includes(event)) continue;
      if (settings().webhookMode === 'immediate') {
        this.#depart(hook, [queued], () => undefined);
      } else {
        this.#queues.set(hook.id, [...(this.#queues.get(hook.id) ?? []), queued]);
        this.#awaitCron();
      }
    }
  }

  /** What the cron does in queue mode: ten events in a POST, the next ten only after they were taken. */
  process(): Promise<void> {
    // Two at once would send the same events twice.
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
      const taken = await new Promise<boolean>((resolve) => this.#depart(hook, batch, resolve));
      if (!taken) return;
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

  /** @param done whether the events need not be sent again */
  #depart(hook: Hook, batch: readonly Queued[], done: (taken: boolean) => void): void {
    const { faults, random, clock } = this.#around;
    const target = { method: 'POST', path: batch[0]?.event ?? '' };
    const round = this.#round;
    const lost = faults.take('webhookDrop', target) !== undefined;
    const copies = faults.take('webhookDuplicate', target) === undefined ? 1 : 2;
    const reorder = faults.take('webhookReorder', target) !== undefined;
    const delay = faults.take('webhookDelay', target);
    const wait = delay === undefined ? 0 : delay.ms + Math.floor(random.next() * (delay.jitterMs ?? 0));
    const payload = payloadOf(batch);
    const events = batch.map(({ event }) => event);
    const about = { hookId: hook.id, url: hook.webhookUrl, events, payload };
    const finish = (delivery: Delivery): void => {
      if (round !== this.#round) return;
      this.#underWay -= 1;
      this.#deliveries.push(delivery);
      this.#note(hook.id, delivery);
      if (!delivery.double) done(delivery.fate === 'delivered' || delivery.fate === 'lost');
    };
    for (let copy = 0; copy < copies; copy += 1) {
      const double = copy > 0;
      const send = (): void => void this.#send(hook, { ...about, double }).then(finish);
      this.#underWay += 1;
      this.#later(wait, () => {
        if (lost) return finish({ ...about, double, at: clock.instant(), fate: 'lost', status: null });
        if (reorder) return this.#overtake(send);
        const waiting = this.#overtaken.splice(0);
        send();
        for (const release of waiting) this.#later(5, release);
      });
    }
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

  /** A hook is switched off by 410, and by a hundred failures in a row. */
  #note(id: number, { fate, status }: Delivery): void {
    const hook = this.#around.hooks().find((one) => one.id === id);
    if (hook === undefined || fate === 'lost') return;
    const failures = fate === 'delivered' ? 0 : hook.failures + 1;
    const isPublished = hook.isPublished && status !== GONE && failures < FAILURES_ALLOWED;
    if (failures !== hook.failures || isPublished !== hook.isPublished) {
      this.#around.saveHook({ ...hook, failures, isPublished });
    }
  }

  async #send(
    hook: Hook,
    about: Pick<Delivery, 'hookId' | 'url' | 'events' | 'payload' | 'double'>,
  ): Promise<Delivery> {
    const body = phpEncode(about.payload);
    const at = this.#around.clock.instant();
    const status = await fetch(hook.webhookUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-origin-base-url': this.#around.origin(),
        'webhook-signature': createHmac('sha256', hook.secret).update(body).digest('base64'),
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
    return { ...about, at, fate, status };
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms).unref();
    this.#timers.add(timer);
  }
}

/** `{"<event>": [payload, …], …}`: in each event's list in order, between the lists the order is lost. */
function payloadOf(batch: readonly Queued[]): Readonly<Record<string, unknown>> {
  const events = new Set(batch.map(({ event }) => event));
  return Object.fromEntries(
    [...events].map((event) => [event, batch.filter((one) => one.event === event).map(({ payload }) => payload)]),
  );
}
