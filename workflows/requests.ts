import { condition } from '@temporalio/workflow';
import { isPairCommand, type PairCommand } from '../sync/pair-command.ts';
import type { SyncRequest } from './pair-requests.ts';

/** What one pass has to serve. */
export interface TakenRequests {
  readonly resend: boolean;
  readonly inbound: boolean;
  readonly outbound: boolean;
  /** The remote record is to be looked at, and nothing else. */
  readonly onlyInbound: boolean;
  readonly commands: readonly PairCommand[];
}

/**
 * Requests to a pair that no pass has begun to serve, and the callers who wait for them. Equal requests count once: a pass
 * serves everything that came before it began, and the next pass serves the rest.
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

  /** The only open request is to look at the remote record. */
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
