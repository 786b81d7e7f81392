import type { Misfit } from './answers.ts';
import type { JournalEntry, JournalFilter } from './journal.ts';

/** The control endpoints that every simulator has, as tests call them. */
export interface ControlClient<Settings> {
  /** Sets only the knobs given; null clears one. */
  setFaults(settings: Settings): Promise<void>;
  clearFaults(): Promise<void>;
  /** Empties state and journal, clears the knobs and resets the clock. */
  reset(): Promise<void>;
  journal(filter?: JournalFilter): Promise<JournalEntry[]>;
  clearJournal(): Promise<void>;
  concurrency(): Promise<{ readonly current: number; readonly maximum: number }>;
  clearConcurrency(): Promise<void>;
  /** Sets the offset of the simulator's clock from the machine's. */
  setClock(offsetMs: number): Promise<void>;
  /** The answers so far that the vendor would not give. `stop` throws if there are any. */
  misfits(): Promise<Misfit[]>;
}

/** Calls a simulator's control endpoint. Throws with the simulator's own words if it refuses. */
const createControlCall = (url: string) => {
  return async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/control${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`The simulator refused ${method} /control${path} with ${response.status}: ${text}`);
    }
    return text === '' ? undefined : JSON.parse(text);
  };
};

/**
 * All control endpoints that simulators offer. Some have no settings or no webhooks: each simulator's interface
 * declares which methods exist, and their types.
 */
export function createControlClient(url: string) {
  const call = createControlCall(url);
  return {
    call,
    async setFaults(settings: unknown) {
      await call('PUT', '/faults', settings);
    },
    async clearFaults() {
      await call('DELETE', '/faults');
    },
    async reset() {
      await call('POST', '/reset');
    },
    async journal({ since = 0, writesOnly = false }: JournalFilter = {}) {
      return call('GET', `/journal?since=${since}&writesOnly=${writesOnly}`);
    },
    async clearJournal() {
      await call('DELETE', '/journal');
    },
    async concurrency() {
      return call('GET', '/concurrency');
    },
    async clearConcurrency() {
      await call('DELETE', '/concurrency');
    },
    async setClock(offsetMs: number) {
      await call('PUT', '/clock', { offsetMs });
    },
    async misfits() {
      return call('GET', '/misfits');
    },
    async state() {
      return call('GET', '/state');
    },
    async backdoor(action: unknown) {
      return call('POST', '/backdoor', action);
    },
    async deliveries() {
      return call('GET', '/deliveries');
    },
    async settings() {
      return call('GET', '/settings');
    },
    async setSettings(settings: unknown) {
      await call('PUT', '/settings', settings);
    },
  };
}
