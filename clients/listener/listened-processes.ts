import type { Logger } from 'pino';
import type { SyncProcess } from '../../targets/sync-process.ts';

export interface ListenedOptions {
  readonly log: Logger;
  /** The outbound processes that are on. */
  readonly enabled: () => Promise<readonly SyncProcess[]>;
  readonly reasonOf: (error: unknown) => string;
}

/** The outbound processes whose changes are requested: workers may switch one on while the listener runs. */
export class ListenedProcesses {
  readonly #options: ListenedOptions;
  #current: readonly SyncProcess[] = [];

  constructor(options: ListenedOptions) {
    this.#options = options;
  }

  get current(): readonly SyncProcess[] {
    return this.#current;
  }

  /** Looks once. Never rejects: what was known stays. @returns the processes that have been added. */
  async look(): Promise<readonly SyncProcess[]> {
    const { log, enabled, reasonOf } = this.#options;
    try {
      const found = await enabled();
      const added = found.filter((process) => !this.#current.includes(process));
      this.#current = found;
      return added;
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'cannot look up which processes are on; trying again');
      return [];
    }
  }
}
