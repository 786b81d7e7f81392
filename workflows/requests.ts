import { condition } from '@temporalio/workflow';
import type { SyncRequest } from './pair-requests.ts';

/**
 * What a pair is asked for and has not begun yet, and who waits for it. Asked often is asked once: all that has come until a
 * pass begins is served by that pass, and what comes later by the next.
 */
export class Requests {
  readonly #open: Set<SyncRequest>;
  #taken = 0;
  #answered = 0;

  constructor(requests: readonly SyncRequest[]) {
    this.#open = new Set(requests);
  }

  get waiting(): boolean {
    return this.#open.size > 0;
  }

  /** How often requests were taken so far. */
  get timesTaken(): number {
    return this.#taken;
  }

  has(request: SyncRequest): boolean {
    return this.#open.has(request);
  }

  add(request: SyncRequest): void {
    this.#open.add(request);
  }

  /** Those that are open, for the next run of the same workflow. */
  toList(): SyncRequest[] {
    return [...this.#open];
  }

  /** Takes all that is open, to be served now. @returns whether something asks to send again what is unchanged. */
  take(): { resend: boolean } {
    const resend = this.#open.has('resend');
    this.#open.clear();
    this.#taken += 1;
    return { resend };
  }

  /** What was taken last has its result. */
  answer(): void {
    this.#answered = this.#taken;
  }

  /** Resolves when what is open now was taken and has its result. */
  async answered(): Promise<void> {
    const next = this.#taken + 1;
    await condition(() => this.#answered >= next);
  }
}
