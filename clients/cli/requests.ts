import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { Resolution } from '../../sync/absorption.ts';
import { formatRef } from '../../sync/entity-type.ts';
import { pairWorkflowId, remoteWorkflowId } from '../../sync/workflow-ids.ts';
import type { SyncEntityResult, SyncRequest } from '../../workflows/pair-requests.ts';
import type { PairRef, RemoteToSync } from '../../workflows/pair-start.ts';
import { CommandError } from './command-error.ts';
import { requestRemote } from '../request-remote.ts';
import { NoResultInTimeError, requestSync, requestSyncAndWait } from '../request-sync.ts';

/** The pair's state after a request. */
export interface Answer {
  readonly outcome: SyncEntityResult['outcome'];
  readonly delivery: SyncEntityResult['delivery'] | Resolution['kind'];
  readonly reason: string | null;
}

/** A request to a workflow: of a pair, or of a remote record that has no row in EMS. */
export interface Request {
  /** For display, for example `Person/4711`. */
  readonly what: string;
  /** The same in JSON. */
  readonly named: Readonly<Record<string, string>>;
  readonly workflowId: string;
  readonly ask: (client: Client) => Promise<unknown>;
  /** @throws NoResultInTimeError */
  readonly askAndWait: (client: Client, timeoutMs: number) => Promise<Answer>;
}

export function pairRequest(pair: PairRef, request: SyncRequest = 'outbound'): Request {
  const { process, type, key } = pair;
  return {
    what: formatRef(pair),
    named: { process, type, id: key },
    workflowId: pairWorkflowId(process, type, key),
    ask: (client) => requestSync(client, pair, request),
    askAndWait: (client, timeoutMs) => requestSyncAndWait(client, pair, timeoutMs, request),
  };
}

/** Stands for an id that nobody knows: nothing is requested, and the results say so. */
export function unknownRequest(pair: PairRef): Request {
  const { process, type, key } = pair;
  const fails = async (): Promise<never> => {
    throw new CommandError(1, `EMS has no ${type} ${key}, and ${process} has no record of it`);
  };
  return { ...pairRequest(pair), ask: fails, askAndWait: fails };
}

export function remoteRequest(remote: RemoteToSync): Request {
  const { process, type, remoteId } = remote;
  const workflowId = remoteWorkflowId(process, type, remoteId);
  return {
    what: `remote ${type} ${remoteId}`,
    named: { process, type, remoteId },
    workflowId,
    ask: (client) => requestRemote(client, remote),
    askAndWait: async (client, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      const handle = await requestRemote(client, remote);
      try {
        return answerOf(await client.withDeadline(deadline, () => handle.result()));
      } catch (error) {
        if (error instanceof WorkflowFailedError) return { outcome: 'FAILING', delivery: 'failing', reason: null };
        if (Date.now() >= deadline) throw new NoResultInTimeError(workflowId, timeoutMs);
        throw error;
      }
    },
  };
}

const OUTCOMES = {
  linked: 'IN_SYNC',
  nothing: 'NOTHING',
  parked: 'PARKED',
  waiting: 'WAITING',
} as const satisfies Record<Resolution['kind'], Answer['outcome']>;

function answerOf(resolution: Resolution): Answer {
  return { outcome: OUTCOMES[resolution.kind], delivery: resolution.kind, reason: reasonOf(resolution) };
}

function reasonOf(resolution: Resolution): string {
  switch (resolution.kind) {
    case 'linked':
      return resolution.rows.map((row) => `${formatRef(row)} ${row.how}`).join(', ');
    case 'waiting':
      return `waits for ${resolution.for}`;
    case 'nothing':
    case 'parked':
      return resolution.reason;
  }
}
