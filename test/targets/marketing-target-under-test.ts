import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { Content } from '../../sync/content-hash.ts';
import type { ConsentPolicy } from '../../sync/suppression.ts';
import type { EraseRequest, RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import type { Target } from '../../targets/sync-process.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { Records, type Known } from './records.ts';
import type { More } from './results.ts';

type Settings = Readonly<Record<string, string | undefined>>;

interface Simulator {
  readonly control: { clearJournal(): Promise<void>; reset(): Promise<void> };
  stop(): Promise<void>;
}

export interface MarketingTarget<S extends Simulator> {
  readonly target: Target;
  readonly start: () => Promise<S>;
  /** The settings that enable its process. */
  readonly settingsOf: (simulator: S) => Settings;
  /** Content of a person with no values in EMS; each test sets what matters to it. */
  readonly nobody: Content;
}

/**
 * A simulator for one test file, set up as `check --fix` does and emptied after each test, a new connection for each
 * test, and a stand-in for the engine that sends and keeps records.
 */
export function marketingTargetUnderTest<S extends Simulator>({
  target,
  start,
  settingsOf,
  nobody,
}: MarketingTarget<S>) {
  let started: S | undefined;
  let remote: RemoteSystem | undefined;
  const records = new Records();
  const running = (): S => {
    if (started === undefined)
      throw new Error('The simulator is started before the tests of a file, not while it is read.');
    return started;
  };
  const connect = (changed: Settings = {}, policy: ConsentPolicy = 'ratchet'): RemoteSystem =>
    target.connect(target.settings.parse({ ...settingsOf(running()), ...changed }), unlimitedConnections(policy));
  const connected = (): RemoteSystem => {
    if (remote === undefined) throw new Error('the connection is made before each test');
    return remote;
  };
  beforeAll(async () => {
    started = await start();
  });
  beforeEach(async () => {
    remote = connect();
    records.clear();
    await remote.shape?.create();
    await running().control.clearJournal();
  });
  afterEach(async () => {
    await running().control.reset();
  });
  afterAll(async () => {
    await started?.stop();
  });

  const request = (key: string, content: Content, more: More = {}): SendRequest =>
    records.request(key, { ...nobody, ...content }, more);
  return {
    running,
    connect,
    records,
    request,
    remote: connected,
    send: async (key: string, content: Content, more: More = {}, by = connected()): Promise<SendResult> =>
      records.note(key, await by.send(request(key, content, more))),
    sendMany: async (requests: readonly SendRequest[], by = connected()) => {
      const results = await by.bulk?.sendMany(requests);
      if (results === undefined) throw new Error('the target has no bulk calls');
      for (const [index, result] of results.entries())
        if (!(result instanceof Error)) records.note(requests[index]?.key ?? '', result);
      return results;
    },
    remove: (key: string, known: Known = {}) => connected().remove(records.about(key, known)),
    erase: (key: string, addresses: EraseRequest['addresses'], known: Known = {}) =>
      connected().erase?.({ ...records.about(key, known), addresses }),
    optOut: (key: string, channels: readonly ('email' | 'sms')[], addresses = {}, known: Known = {}) =>
      connected().optOut?.({ ...records.about(key, known), channels, addresses }),
  };
}
