import { ensureNamespaces } from '../local/temporal-namespaces.ts';
import { measureCosts, type Costs } from './costs.ts';
import { startEmsSync } from './ems-sync.ts';
import { startGround, type Ground } from './ground.ts';
import { CONNECTIONS, startBenchMailchimp, type BenchMailchimp } from './mailchimp.ts';
import type { PartOptions } from './part-options.ts';
import { installPeers, startPeer } from './peers.ts';
import { alternate, type Contender } from './rounds.ts';
import type { Throughput } from './throughput.ts';
import { withStack } from './with-stack.ts';

/** Everything that brings persons to a new Mailchimp. `loop` and `loop-bulk` forget everything in a crash. */
export const FIRST_LOAD = [
  'ems-sync',
  'graphile-worker',
  'pg-boss',
  'dbos',
  'loop',
  'loop-bulk',
  'temporal-child',
] as const;
export type FirstLoader = (typeof FIRST_LOAD)[number];

/** A first load of persons into Mailchimp, which takes 120 ms for a call and allows ten at once. */
export async function firstLoad(
  stack: AsyncDisposableStack,
  { only, ...options }: PartOptions & { readonly only: readonly FirstLoader[] },
): Promise<Throughput> {
  if (only.some((name) => name !== 'ems-sync')) await installPeers(options.say);
  const ground = await startGround(stack, options);
  const contenders = only.map((name): [string, Contender] => [
    name,
    name === 'ems-sync'
      ? (round) => loadByEmsSync(ground, `ems_sync_${round}`, 1)
      : (round) => loadByPeer(ground, name, round),
  ]);
  const costs = await alternate(Object.fromEntries(contenders), options);
  return { size: options.size, rounds: options.rounds, costs };
}

/** @param name of its database and of its namespace. */
export const loadByEmsSync = (ground: Ground, name: string, workers: number): Promise<Costs> =>
  withStack(async (stack) => {
    const size = ground.keys.length;
    const databaseUrl = await ground.copyEms(name);
    const mailchimp = stack.use(await startBenchMailchimp());
    const emsSync = stack.use(
      await startEmsSync(ground, {
        process: 'MAILCHIMP',
        databaseUrl,
        namespace: name,
        target: mailchimp.environment,
        workers,
      }),
    );
    await mailchimp.forgetCalls();
    const { pids, stop } = emsSync;
    const { countCalls } = mailchimp;
    const costs = await measureCosts({ ground, database: name, pids, countCalls, stop }, () => emsSync.deliver(size));
    await assertLoaded(name, mailchimp, size);
    return costs;
  });

const loadByPeer = (ground: Ground, name: Exclude<FirstLoader, 'ems-sync'>, round: number): Promise<Costs> =>
  withStack(async (stack) => {
    const database = `${name.replaceAll('-', '_')}_${round}`;
    const databaseUrl = await ground.copyEms(database);
    const namespace = `${name}-${round}`;
    if (name === 'temporal-child') await ensureNamespaces(ground.temporal.address, [namespace]);
    const mailchimp = stack.use(await startBenchMailchimp());
    const peer = stack.use(
      await startPeer(name, {
        ...mailchimp.job,
        databaseUrl,
        keys: ground.keys,
        inFlight: CONNECTIONS,
        target: 'mailchimp',
        bulk: name === 'loop-bulk',
        temporalAddress: ground.temporal.address,
        namespace,
      }),
    );
    const { pid, stop } = peer;
    const { countCalls } = mailchimp;
    const costs = await measureCosts({ ground, database, pids: [pid], countCalls, stop }, () => peer.work());
    await assertLoaded(name, mailchimp, ground.keys.length);
    return costs;
  });

/** @throws Error if persons are missing: a contender that loses some is not fast. */
async function assertLoaded(name: string, mailchimp: BenchMailchimp, size: number): Promise<void> {
  const members = await mailchimp.countMembers();
  if (members !== size) throw new Error(`${name} has brought ${members} of ${size} persons to Mailchimp`);
}
