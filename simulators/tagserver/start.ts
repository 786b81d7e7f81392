import { type ControlClient, createControlClient } from '../kit/control-client.ts';
import { type RunningSimulator, startSimulator } from '../kit/spawn-simulator.ts';
import type { BackdoorEdit } from './control.ts';
import type { TagServerFaults } from './knobs.ts';
import type { NudgeDelivery, Subscription } from './nudges.ts';
import type { ResourceContent, ResourceType } from './resource-types.ts';

export type { BackdoorEdit } from './control.ts';
export type { TagServerFaults } from './knobs.ts';

/** The current state of a resource. `data` is null for a tombstone. */
export interface StoredResource {
  readonly version: number;
  readonly sequence: string;
  readonly contentHash: string;
  readonly sourceVersion: number | null;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly changedBy: { readonly clientId: string; readonly requestId: string | null };
  readonly data: ResourceContent | null;
  readonly deletedAt: string | null;
}

/** By type, then by external id. */
export type TagServerState = Readonly<Record<ResourceType, Readonly<Record<string, StoredResource>>>>;

export interface TagServerControl extends ControlClient<TagServerFaults> {
  state(options?: { readonly tombstones?: boolean }): Promise<TagServerState>;
  /**
   * Applies a human's edit at TagServer and returns the outcome. Throws with the problem if TagServer would refuse it.
   */
  backdoor(edit: BackdoorEdit): Promise<{ readonly outcome: 'created' | 'updated' | 'unchanged' | 'deleted' }>;
  /** Returns the number of tombstones purged. */
  purgeTombstones(): Promise<number>;
  /** Sends nudges there from now on. */
  subscribe(to: Subscription): Promise<void>;
  nudges(): Promise<{ readonly url: string | null; readonly deliveries: readonly NudgeDelivery[] }>;
}

export interface StartOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `tagserver-token`. */
  readonly token?: string;
  /** File that survives a restart. Default: memory. */
  readonly storage?: string;
}

export interface StartedTagServer extends RunningSimulator {
  /** For example `http://127.0.0.1:8085`; the API is under `/v1`. */
  readonly url: string;
  readonly token: string;
  readonly control: TagServerControl;
}

/**
 * Starts TagServer as a child process, which ends with this one.
 *
 * @example
 * const tagServer = await startTagServer({ token: 't' });
 * await tagServer.control.setFaults({ failAfter: { times: 1, match: { method: 'PUT', prefix: '/v1/tags' } } });
 * await tagServer.stop();
 */
export async function startTagServer({
  port = 0,
  token = 'tagserver-token',
  storage,
}: StartOptions = {}): Promise<StartedTagServer> {
  const running = await startSimulator(new URL('main.ts', import.meta.url), {
    port,
    token,
    storage,
  });
  return { ...running, token, control: controlOf(running.url) };
}

/** The control client of a TagServer that is already running. */
export function controlOf(url: string): TagServerControl {
  const client = createControlClient(url);
  return {
    ...client,
    async state({ tombstones = false } = {}) {
      return client.call('GET', `/state?tombstones=${tombstones}`);
    },
    async purgeTombstones() {
      const { purged }: { purged: number } = await client.call('POST', '/purge-tombstones');
      return purged;
    },
    async subscribe(to) {
      await client.call('PUT', '/webhook', to);
    },
    async nudges() {
      return client.call('GET', '/webhook');
    },
  };
}
