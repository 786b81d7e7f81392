import { condition } from '@temporalio/workflow';
import { isPairCommand, type PairCommand } from '../sync/pair-command.ts';
import type { SyncRequest } from './pair-requests.ts';

/** What one pass must serve. */
export interface TakenRequests {
  readonly resend: boolean;
  readonly inbound: boolean;
  readonly outbound: boolean;
  /** Only the remote record must be read. */
  readonly onlyInbound: boolean;
  readonly commands: readonly PairCommand[];
}

/**
 * Open requests to a pair that no pass has begun to serve, and the callers who wait for them. Equal requests count
 * once: a pass serves everything that arrived before it began, and the next pass serves the rest.
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

  /** An operator's command is waiting. */
  get hasCommand(): boolean {
    return [...this.#open].some(isPairCommand);
  }

  /** The only open request is to read the remote record. */
  get onlyInbound(): boolean {
    return this.#open.size === 1 && this.#open.has('inbound');
  }

  /** The number of requests so far. */
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

  /** The open requests, for the next run of the same workflow. */
  toList(): SyncRequest[] {
    return [...this.#open];
  }

  /** Takes all open requests to be served now. */
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

  /** The requests taken last have their result. */
  answer(): void {
    this.#answered = this.#taken;
  }

  /** Resolves when the currently open requests were taken and have their result. */
  async answered(): Promise<void> {
    const next = this.#taken + 1;
    await condition(() => this.#answered >= next);
  }
}
