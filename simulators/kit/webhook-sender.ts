import type { Faults, commonKnobs } from './faults.ts';
import type { Surroundings } from './surroundings.ts';
import { Timers } from './timers.ts';
import type { webhookKnobs } from './webhook-knobs.ts';

type Knobs = typeof commonKnobs & typeof webhookKnobs;

/** One webhook that was due and its outcome, for tests to inspect. */
export interface Sending {
  /** When it was sent or lost, by the virtual clock. */
  readonly at: string;
  /**
   * `lost`: never sent; `refused`: answered with a status other than 2xx; `unanswered`: no answer before the vendor's
   * time-out.
   */
  readonly fate: 'delivered' | 'refused' | 'unanswered' | 'lost';
  readonly status: number | null;
  /** Time until the answer or the time-out; null if it was lost. */
  readonly tookMs: number | null;
  /** Starts at 1 and counts the vendor's retries. */
  readonly attempt: number;
  /** Whether this is the duplicate of one that arrived. */
  readonly double: boolean;
}

/** A webhook that is ready to send. */
export interface Prepared<About> {
  /** Its description in the list of deliveries. */
  readonly about: About;
  /** Called for each attempt, because a signature contains the time. Undefined cancels the attempt. */
  request(): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | undefined;
}

export interface Message<About> {
  readonly event: string;
  /** Called for each copy, half-way through its delay. Undefined: there is nothing left to send. */
  prepare(how: { readonly lost: boolean }): Prepared<About> | undefined;
}

export interface SenderOptions {
  /** How long the vendor waits for an answer; null: without limit. */
  readonly timeoutMs: number | (() => number | null);
  readonly delay: { readonly ms: number; readonly jitterMs: number };
  /**
   * How long the vendor waits before it retries a failed webhook. Undefined: it gives up. Default: it never retries.
   */
  pauseAfter?(sending: Sending, msSinceFirst: number): number | undefined;
}

/** A webhook to be sent after its successor is sent after this time if none follows: it is late, not lost. */
const REORDER_MS = 1_000;

type Around = Pick<Surroundings<Knobs>, 'clock' | 'random'> & { readonly faults: Pick<Faults<Knobs>, 'take'> };

/** Sends webhooks as a vendor does: delayed, out of order, and affected by knobs. */
export class WebhookSender<About extends { readonly url: string }> {
  readonly #around: Around;
  readonly #options: SenderOptions;
  readonly #timers = new Timers();
  #deliveries: (About & Sending)[] = [];
  #underWay = 0;
  #round = 0;
  #overtaken: (() => void)[] = [];

  constructor(around: Around, options: SenderOptions) {
    this.#around = around;
    this.#options = options;
  }

  /**
   * The number of webhooks still to be sent, answered or retried, and the outcomes of all sendings in order of
   * completion.
   */
  read(): { readonly underWay: number; readonly deliveries: readonly (About & Sending)[] } {
    return { underWay: this.#underWay, deliveries: this.#deliveries };
  }

  /** Drops everything, pending sendings included: promises that `send` returned stay pending. */
  clear(): void {
    this.#timers.clear();
    this.#deliveries = [];
    this.#overtaken = [];
    this.#underWay = 0;
    this.#round += 1;
  }

  /** Resolves with the last sending of the first copy; null if there was nothing to send. */
  async send(message: Message<About>): Promise<(About & Sending) | null> {
    const { faults } = this.#around;
    const target = { method: 'POST', path: message.event };
    const lost = faults.take('webhookDrop', target) !== undefined;
    const double = !lost && faults.take('webhookDuplicate', target) !== undefined;
    const first = this.#queue(message, { lost, double: false });
    if (double) void this.#queue(message, { lost, double });
    return first;
  }

  /** Runs a delayed job of the vendor; `clear` cancels it. */
  later(ms: number, work: () => void): void {
    this.#timers.later(ms, work);
  }

  #queue(message: Message<About>, how: Pick<Sending, 'double'> & { readonly lost: boolean }) {
    const { faults, random } = this.#around;
    const target = { method: 'POST', path: message.event };
    const delay = faults.take('webhookDelay', target) ?? this.#options.delay;
    const reorder = faults.take('webhookReorder', target) !== undefined;
    const wait = delay.ms + Math.floor(random.next() * (delay.jitterMs ?? 0));
    this.#underWay += 1;
    return new Promise<(About & Sending) | null>((resolve) => {
      const end = (last: (About & Sending) | null): void => {
        this.#underWay -= 1;
        resolve(last);
      };
      this.later(wait / 2, () => {
        const prepared = message.prepare(how);
        if (prepared === undefined) return end(null);
        this.later(wait / 2, () => {
          if (how.lost) return end(this.#note({ ...prepared.about, ...this.#lost(), double: how.double }));
          const send = (): Promise<void> => this.#sendUntilTaken(prepared, how.double, end);
          if (reorder) return this.#overtake(send);
          const waiting = this.#overtaken.splice(0);
          return void send().then(() => waiting.forEach((release) => release()));
        });
      });
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
    this.later(REORDER_MS, release);
  }

  /** Resolves after the first attempt; retries follow by timer. */
  async #sendUntilTaken(
    prepared: Prepared<About>,
    double: boolean,
    end: (last: (About & Sending) | null) => void,
    { attempt, startedAt } = { attempt: 1, startedAt: Date.now() },
  ): Promise<void> {
    const round = this.#round;
    const request = prepared.request();
    if (request === undefined) return end(null);
    const outcome = await this.#post(prepared.about.url, request);
    if (round !== this.#round) return;
    const sending = this.#note({ ...prepared.about, ...outcome, attempt, double });
    const pause = this.#options.pauseAfter?.(sending, Date.now() - startedAt);
    if (sending.fate === 'delivered' || pause === undefined) return end(sending);
    const next = { attempt: attempt + 1, startedAt };
    this.later(pause, () => void this.#sendUntilTaken(prepared, double, end, next));
  }

  async #post(url: string, request: { readonly headers: Readonly<Record<string, string>>; readonly body: string }) {
    const at = this.#around.clock.instant();
    const sentAt = performance.now();
    const { timeoutMs } = this.#options;
    const patienceMs = typeof timeoutMs === 'number' ? timeoutMs : timeoutMs();
    const status = await fetch(url, {
      method: 'POST',
      ...request,
      redirect: 'manual',
      ...(patienceMs === null ? {} : { signal: AbortSignal.timeout(patienceMs) }),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => null,
    );
    return { at, fate: fateOf(status), status, tookMs: Math.round(performance.now() - sentAt) };
  }

  #lost(): Omit<Sending, 'double'> {
    return { at: this.#around.clock.instant(), fate: 'lost', status: null, tookMs: null, attempt: 1 };
  }

  #note(sending: About & Sending): About & Sending {
    this.#deliveries.push(sending);
    return sending;
  }
}

const fateOf = (status: number | null): Sending['fate'] => {
  if (status === null) return 'unanswered';
  return status >= 200 && status < 300 ? 'delivered' : 'refused';
};
