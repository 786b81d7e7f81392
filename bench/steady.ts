import { ensureNamespaces } from '../local/temporal-namespaces.ts';
import { startTagServer, type StartedTagServer } from '../simulators/tagserver/start.ts';
import { measureCosts, type Costs } from './costs.ts';
import { startEmsSync } from './ems-sync.ts';
import { startGround, type Ground } from './ground.ts';
import type { PartOptions } from './part-options.ts';
import { installPeers, startPeer } from './peers.ts';
import { alternate, type Contender } from './rounds.ts';
import type { Throughput } from './throughput.ts';
import { withStack } from './with-stack.ts';

/** `temporal-child` is the floor: a child workflow with one activity that does nothing. */
export const STEADY = ['ems-sync', 'temporal-child', 'dbos'] as const;
export type SteadyContender = (typeof STEADY)[number];

/** As many activities as a worker of ems-sync has at once. */
const IN_FLIGHT = 100;

/** Each changed row is one child; detection does not wait for the settle time, which would be measured as well. */
const CHILDREN_ONLY = { SYNC_PAGE_THRESHOLD: '0', SETTLE_MS: '0' };

/** Everyday changes: persons that TagServer has already get another name. TagServer answers at once. */
export async function steady(
  stack: AsyncDisposableStack,
  { only, ...options }: PartOptions & { readonly only: readonly SteadyContender[] },
): Promise<Throughput> {
  if (only.some((name) => name !== 'ems-sync')) await installPeers(options.say);
  const ground = await startGround(stack, options);
  const contenders: Record<SteadyContender, () => Promise<Contender>> = {
    'ems-sync': async () => {
      const databaseUrl = await ground.copyEms('steady');
      const tagServer = await startTagServer();
      stack.defer(() => tagServer.stop());
      return (round) => changeByEmsSync(ground, { databaseUrl, tagServer, round });
    },
    'temporal-child': async () => (round) => changeByPeer(ground, 'temporal-child', round),
    dbos: async () => (round) => changeByPeer(ground, 'dbos', round),
  };
  const chosen: Record<string, Contender> = {};
  for (const name of only) chosen[name] = await contenders[name]();
  return { size: options.size, rounds: options.rounds, costs: await alternate(chosen, options) };
}

interface EmsSyncRound {
  readonly databaseUrl: string;
  readonly tagServer: StartedTagServer;
  readonly round: number;
}

const changeByEmsSync = (ground: Ground, { databaseUrl, tagServer, round }: EmsSyncRound): Promise<Costs> =>
  withStack(async (stack) => {
    const { url, token, control } = tagServer;
    const emsSync = stack.use(
      await startEmsSync(ground, {
        process: 'TAGSERVER',
        databaseUrl,
        namespace: 'steady',
        target: { TAGSERVER_URL: url, TAGSERVER_TOKEN: token },
        workers: 1,
        more: CHILDREN_ONLY,
      }),
    );
    // The first load, and in later rounds the full comparison that follows a start.
    await emsSync.sweep();
    await control.clearJournal();
    const change = async () => {
      await emsSync.orm.em
        .fork()
        .execute('UPDATE person SET last_name = ?, modified_on = clock_timestamp()', [`Round ${round}`]);
    };
    const { pids, stop } = emsSync;
    const countCalls = async () => (await control.journal()).length;
    return measureCosts({ ground, database: 'steady', pids, countCalls, stop }, () =>
      emsSync.deliver(ground.keys.length, change),
    );
  });

const changeByPeer = (ground: Ground, name: 'temporal-child' | 'dbos', round: number): Promise<Costs> =>
  withStack(async (stack) => {
    const database = `steady_${name.replaceAll('-', '_')}_${round}`;
    const databaseUrl = await ground.copyEms(database);
    const namespace = `steady-${name}-${round}`;
    if (name === 'temporal-child') await ensureNamespaces(ground.temporal.address, [namespace]);
    const tagServer = await startTagServer();
    stack.defer(() => tagServer.stop());
    const { url, token, control } = tagServer;
    const peer = stack.use(
      await startPeer(name, {
        databaseUrl,
        keys: ground.keys,
        inFlight: IN_FLIGHT,
        target: name === 'dbos' ? 'tagserver' : 'none',
        url,
        token,
        temporalAddress: ground.temporal.address,
        namespace,
      }),
    );
    const { pid, stop } = peer;
    const countCalls = async () => (await control.journal()).length;
    return measureCosts({ ground, database, pids: [pid], countCalls, stop }, () => peer.work());
  });
