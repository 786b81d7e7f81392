import { findUnfinished } from '../database/records/unfinished.ts';
import { linkedRemoteIds } from '../database/records/find-by-remote-id.ts';
import type { EntityRef, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { RemoteRef } from '../targets/inbound-source.ts';
import type { ConsentSource } from '../targets/consent-source.ts';
import type { ChangedPage } from './changed-page.ts';
import { inboundSource, processContext, type ProcessContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';

/** One list of remote records with its own cursor. */
export interface PollStep {
  readonly type: EntityType;
  readonly scope: string;
  /** Its first page, if the plan has read it already. */
  readonly first?: ChangedPage;
  /** The plan could not read it: the pause before the next attempt in milliseconds. */
  readonly failed?: { readonly pauseMs: number };
}

export interface PollPlan {
  readonly steps: readonly PollStep[];
  /** What earlier polls started and did not finish. */
  readonly unfinishedPairs: readonly EntityRef[];
  readonly unfinishedRemotes: readonly RemoteRef[];
  /** The process is in shadow mode: nothing is polled. */
  readonly isShadow?: true;
}

/** The lists a poll must read, in dependency order, and unfinished work to resume. */
export async function planPoll(
  dependencies: Dependencies,
  input: { readonly process: SyncProcessName },
): Promise<PollPlan> {
  const context = processContext(dependencies, input);
  const { orm, process, remote } = context;
  // Unfinished or failing pairs are outbound ones, which the next sweep resumes.
  if (remote.consent !== undefined) return { steps: consentSteps(context, remote.consent), ...NOTHING_UNFINISHED };
  const source = inboundSource(context);
  const em = orm.em.fork();
  const steps: PollStep[] = [];
  const unfinishedPairs: EntityRef[] = [];
  const unfinishedRemotes: RemoteRef[] = [];
  for (const { type, inbound } of process.mappings) {
    if (inbound === null) continue;
    const scopes = await source.scopes(type, (linked) => linkedRemoteIds(em, process.name, linked));
    steps.push(...scopes.map((scope) => ({ type, scope })));
    const unfinished = await findUnfinished(em, process.name, type);
    unfinishedPairs.push(...unfinished.keys.map((key) => ({ type, key })));
    unfinishedRemotes.push(...unfinished.remoteIds.map((remoteId) => ({ type, remoteId })));
  }
  return { steps, unfinishedPairs, unfinishedRemotes };
}

const NOTHING_UNFINISHED = { unfinishedPairs: [], unfinishedRemotes: [] } as const;

/** Consent is read for the rows that declare it. */
function consentSteps({ process }: ProcessContext, { scopes }: ConsentSource): PollStep[] {
  return process.mappings
    .filter((mapping) => mapping.consent !== null)
    .flatMap(({ type }) => scopes.map((scope) => ({ type, scope })));
}
