import type { Misfit } from './answers.ts';
import type { JournalEntry, JournalFilter } from './journal.ts';

/** The control endpoints that every simulator has, as a test calls them. */
export interface ControlClient<Settings> {
  /** Sets the knobs that are named, leaves the others; null clears one. */
  setFaults(settings: Settings): Promise<void>;
  clearFaults(): Promise<void>;
  /** Empties state and journal, clears the knobs, puts the clock right. */
  reset(): Promise<void>;
  journal(filter?: JournalFilter): Promise<JournalEntry[]>;
  clearJournal(): Promise<void>;
  concurrency(): Promise<{ readonly current: number; readonly maximum: number }>;
  clearConcurrency(): Promise<void>;
  /** Moves the simulator's clock this far from the machine's. */
  setClock(offsetMs: number): Promise<void>;
  /** Answers so far that the vendor would not give. `stop` throws if there are any. */
  misfits(): Promise<Misfit[]>;
}

/** Calls the control endpoints of a simulator. A call throws with the simulator's own words if it refuses. */
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
 * What every simulator's control endpoints offer. Some have no settings or no webhooks: the interface that a simulator
 * declares says which methods it has, and their types.
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
