import { condition } from '@temporalio/workflow';
import { isPairCommand, type PairCommand } from '../sync/pair-command.ts';
import type { SyncRequest } from './pair-requests.ts';

/** What one pass has to serve. */
export interface TakenRequests {
  readonly resend: boolean;
  readonly inbound: boolean;
  readonly outbound: boolean;
  /** Nothing but to look at the remote record. */
  readonly onlyInbound: boolean;
  readonly commands: readonly PairCommand[];
}

/**
 * What a pair is asked for and has not begun yet, and who waits for it. Asked often is asked once: all that has come until a
 * pass begins is served by that pass, and what comes later by the next.
 */
export class Requests {
  readonly #open: Set<SyncRequest>;
  #asked = 0;
  #taken = 0;
  #answered = 0;

  constructor(requests: readonly SyncRequest[]) {
    this.#open = new Set(requests);
  }

  get waiting(): boolean {
    return this.#open.size > 0;
  }

  /** An operator's command waits. */
  get hasCommand(): boolean {
    return [...this.#open].some(isPairCommand);
  }

  /** All that waits is to look at the remote record. */
  get onlyInbound(): boolean {
    return this.#open.size === 1 && this.#open.has('inbound');
  }

  /** How often requests came so far. */
  get timesAsked(): number {
    return this.#asked;
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
    this.#asked += 1;
  }

  /** Those that are open, for the next run of the same workflow. */
  toList(): SyncRequest[] {
    return [...this.#open];
  }

  /** Takes all that is open, to be served now. */
  take(): TakenRequests {
    const taken = {
      resend: this.#open.has('resend'),
      inbound: this.#open.has('inbound'),
      outbound: this.#open.has('outbound'),
      onlyInbound: this.onlyInbound,
      commands: this.toList().filter(isPairCommand),
    };
    this.#open.clear();
    this.#taken += 1;
    return taken;
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
