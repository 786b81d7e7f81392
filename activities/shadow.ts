import type { Orm } from '../database/orm.ts';
import { NoLocks } from '../database/advisory-locks.ts';
import { SyncError } from '../sync/sync-error.ts';
import { SHADOW } from '../sync/shadow.ts';
import type { Absorption, Resolution } from '../sync/absorption.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { Plan } from '../sync/plan.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { processContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import type { DeliveredPage, PageInput } from './deliver-page.ts';
import { dryRun } from './dry-run/dry-run.ts';
import type { PollPlan } from './plan-poll.ts';
import type { PlannedStep } from './plan-sweep.ts';

interface OfProcess {
  readonly process: SyncProcessName;
}

/** Answers `shadowed` in place of the work while the process is in shadow mode (SYNC_MODE_…). */
export const unlessShadow =
  <I extends OfProcess, R>(
    { shadow }: Pick<Dependencies, 'shadow'>,
    shadowed: (input: I) => R,
    work: (input: I) => Promise<R>,
  ) =>
  async (input: I): Promise<R> =>
    shadow?.has(input.process) === true ? shadowed(input) : work(input);

export const shadowDelivery = ({ key }: { readonly key: EntityKey }): Delivery => ({
  key,
  fencingToken: '0',
  kind: 'nothing',
  reason: SHADOW,
});

/** Each row of a page that was begun before answers for itself. */
export const shadowPage = ({ keys }: PageInput): DeliveredPage => ({ inSync: 0, left: keys, reasons: {} });

export const shadowAbsorption = ({ key }: { readonly key: EntityKey }): Absorption => ({
  key,
  kind: 'nothing',
  reason: SHADOW,
  outboundDue: false,
});

export const shadowResolution = (): Resolution => ({ kind: 'nothing', reason: SHADOW });

export const shadowPoll = (): PollPlan => ({
  steps: [],
  unfinishedPairs: [],
  unfinishedRemotes: [],
  isShadow: true,
});

/** The sweep goes no further than to ask for a dry run. */
export function shadowSweep(dependencies: Dependencies, input: OfProcess): PlannedStep[] {
  const { process } = processContext(dependencies, input);
  return process.mappings
    .slice(0, 1)
    .map(({ type }) => ({ kind: 'stopped', type, reason: SHADOW, isShadow: true }) as const);
}

/** @throws SyncError of class `rejected`: an operator's command would write. */
export function refuseCommand(): never {
  throw new SyncError('rejected', SHADOW, { code: 'shadow' });
}

/** What a poll and a sweep would do, told by the sweep's workflow. @throws SyncError if the target cannot be read. */
export async function shadowRun(dependencies: Dependencies, { process }: OfProcess): Promise<Plan> {
  const open = dependencies.shadow?.get(process);
  if (open === undefined) throw new SyncError('transient', `${process} is not in shadow mode here`, { code: 'shadow' });
  const orm: Orm = await open();
  try {
    // Nobody has to wait for what is not written.
    return await dryRun({ ...dependencies, orm, locks: new NoLocks('') }, { process });
  } finally {
    await orm.close(true);
  }
}
