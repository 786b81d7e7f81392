import { Context } from '@temporalio/activity';
import { absorb } from './absorb.ts';
import type { AbsorbInput } from './absorb-input.ts';
import { runCommand, type CommandInput } from './run-command.ts';
import type { DeliverInput, PairInput } from './deliver-input.ts';
import type { CallPlaces } from './call-places.ts';
import { deliverInline, type DeliveredInline } from './deliver-inline.ts';
import { ComparisonState } from './comparison-state.ts';
import { deliver } from './deliver.ts';
import { deliverPage, type PageInput } from './deliver-page.ts';
import type { Dependencies } from './dependencies.ts';
import type { FindChangedInput } from './changed-page.ts';
import { advance, type AdvanceInput } from './find-changed.ts';
import { compareTarget, type ComparedTarget, type ComparePlace } from './compare-target.ts';
import { findDue, findGone, type FindInput } from './find-due.ts';
import { keepMark, type KeepMarkInput } from './keep-mark.ts';
import { unlessPaused } from './pause.ts';
import { planAndRead, readPage } from './first-pages.ts';
import { planSweep, type PlanInput } from './plan-sweep.ts';
import { probeTarget } from './probe-target.ts';
import { removeExpired } from './remove-expired.ts';
import {
  refuseCommand,
  shadowAbsorption,
  shadowDelivery,
  shadowPage,
  shadowPoll,
  shadowResolution,
  shadowRun,
  shadowSweep,
  unlessShadow,
} from './shadow.ts';
import { tellingSoon, type AttemptOfPair } from './tell-soon.ts';
import { record, recordFailure, type RecordFailureInput, type RecordInput } from './record.ts';
import { resolveRemote } from './resolve-remote.ts';
import { recordUnresolved, type RecordUnresolvedInput } from './record-unresolved.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { pageWorkflowId } from '../sync/workflow-ids.ts';

/** Deliveries of sweeps and bulk loads may wait a moment to share a call; on-demand ones may not. */
const PATIENT_FROM = 3;

/** Interval of heartbeats of activities that may take longer than half a minute. */
const HEARTBEAT_MS = 10_000;

/** Sends heartbeats while `work` runs, from the place that the last heartbeat of the attempt before told. */
async function fromItsPlace<P, R>(work: (place: P | null, onPlace: (place: P) => void) => Promise<R>): Promise<R> {
  const context = Context.current();
  let place = (context.info.heartbeatDetails ?? null) as P | null;
  const timer = setInterval(() => context.heartbeat(place), HEARTBEAT_MS);
  try {
    return await work(place, (reached) => {
      place = reached;
      context.heartbeat(place);
    });
  } finally {
    clearInterval(timer);
  }
}

/** Sends heartbeats while `work` runs. */
function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  return fromItsPlace<never, T>(() => work());
}

/** The number of this attempt, and the time since the first one. */
function attemptOf(attemptsBefore: number): AttemptOfPair {
  const { attempt, scheduledTimestampMs } = Context.current().info;
  return { number: attemptsBefore + attempt, forMs: Temporal.Now.instant().epochMilliseconds - scheduledTimestampMs };
}

/**
 * Nothing is sent or read while the process is paused, or its target is not called, or to and from another account than
 * the records are about.
 */
const ownedBy =
  (dependencies: Dependencies) =>
  <I extends { readonly process: SyncProcessName }, R>(work: (dependencies: Dependencies, input: I) => Promise<R>) =>
    unlessPaused(dependencies.orm, async (input: I) => {
      dependencies.processes.get(input.process)?.remote.assertCallable?.();
      await dependencies.assertOwnAccount(input.process);
      return work(dependencies, input);
    });

const deliveryOf = (dependencies: Dependencies) =>
  unlessShadow(dependencies, (input: DeliverInput) => shadowDelivery(input), ownedBy(dependencies)(deliver));

/** Activities of the task queue `sync`: they use our database, and some deliver within their workflow's task. */
export function createSyncActivities(
  dependencies: Dependencies,
  places: ReadonlyMap<SyncProcessName, CallPlaces> = new Map(),
) {
  const state = new ComparisonState();
  const { orm } = dependencies;
  const ownDeliver = deliveryOf(dependencies);
  const ownFindDue = unlessPaused(orm, (input: FindInput) => findDue(dependencies, input));
  const ownFindGone = unlessPaused(orm, (input: FindInput) => findGone(dependencies, input));
  const ownPlanSweep = unlessPaused(
    orm,
    unlessShadow(
      dependencies,
      (input: PlanInput) => shadowSweep(dependencies, input),
      (input) => planSweep(dependencies, state, input),
    ),
  );
  return {
    planSweep: (input: PlanInput) => withHeartbeat(() => ownPlanSweep(input)),
    keepMark: (input: KeepMarkInput) => keepMark(dependencies, state, input),
    findDue: (input: FindInput) => withHeartbeat(() => ownFindDue(input)),
    findGone: (input: FindInput) => withHeartbeat(() => ownFindGone(input)),
    record: (input: RecordInput) => record(dependencies, input),
    recordFailure: (input: RecordFailureInput) => recordFailure(dependencies, input),
    recordUnresolved: (input: RecordUnresolvedInput) => recordUnresolved(dependencies, input),
    runCommand: unlessShadow(dependencies, refuseCommand, (input: CommandInput) => runCommand(dependencies, input)),
    removeExpired: () => withHeartbeat(() => removeExpired(dependencies)),
    advanceCursor: (input: AdvanceInput) => advance(dependencies, input),
    deliverInline: async (pair: PairInput): Promise<DeliveredInline> => {
      const { process, type } = pair;
      const own = places.get(process);
      if (own === undefined) return { kind: 'elsewhere' };
      const attempt = attemptOf(0);
      return deliverInline(own, {
        deliver: () =>
          tellingSoon(dependencies, pair, attempt, () =>
            ownDeliver({ ...pair, resend: false, attempt: attempt.number }),
          ),
        record: (delivery) => record(dependencies, { process, type, delivery }),
      });
    },
  };
}

/** Activities that call a target: task queue `target-<process>`. */
export function createTargetActivities(dependencies: Dependencies) {
  const owned = ownedBy(dependencies);
  const ownDeliver = deliveryOf(dependencies);
  const ownDeliverPage = unlessShadow(dependencies, shadowPage, owned(deliverPage));
  const ownAbsorb = unlessShadow(dependencies, (input: AbsorbInput) => shadowAbsorption(input), owned(absorb));
  const ownPlanPoll = unlessShadow(dependencies, shadowPoll, owned(planAndRead));
  const ownShadowRun = owned(shadowRun);
  const ownFindChanged = owned(readPage);
  const ownCompareTarget = owned((own, input: { readonly process: SyncProcessName }) =>
    fromItsPlace<ComparePlace, ComparedTarget>((place, onPlace) => compareTarget(own, input, { place, onPlace })),
  );
  return {
    planPoll: (input: { readonly process: SyncProcessName }) => withHeartbeat(() => ownPlanPoll(input)),
    findChanged: (input: FindChangedInput) => withHeartbeat(() => ownFindChanged(input)),
    resolveRemote: unlessShadow(dependencies, shadowResolution, owned(resolveRemote)),
    shadowRun: (input: { readonly process: SyncProcessName }) => withHeartbeat(() => ownShadowRun(input)),
    compareTarget: (input: { readonly process: SyncProcessName }) => ownCompareTarget(input),
    absorb: (input: AbsorbInput) =>
      withHeartbeat(() => tellingSoon(dependencies, input, attemptOf(0), () => ownAbsorb(input))),
    probeTarget: unlessPaused(dependencies.orm, (input: { readonly process: SyncProcessName }) =>
      probeTarget(dependencies, input),
    ),
    deliverPage: (input: PageInput) => {
      const [first = ''] = input.keys;
      const holder = pageWorkflowId(input.process, input.type, first);
      return withHeartbeat(() => ownDeliverPage({ ...input, holder }));
    },
    deliver: ({ attemptsBefore, ...input }: Omit<DeliverInput, 'attempt'> & { readonly attemptsBefore: number }) => {
      const patient = (Context.current().info.priority?.priorityKey ?? 0) >= PATIENT_FROM;
      const attempt = attemptOf(attemptsBefore);
      return withHeartbeat(() =>
        tellingSoon(dependencies, input, attempt, () => ownDeliver({ ...input, patient, attempt: attempt.number })),
      );
    },
  };
}

export type SyncActivities = ReturnType<typeof createSyncActivities>;
export type TargetActivities = ReturnType<typeof createTargetActivities>;
