import { WorkflowFailedError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { Orm } from '../../../database/orm.ts';
import { readPauses } from '../../../database/records/pauses.ts';
import { formatRef } from '../../../sync/entity-type.ts';
import { describePause, type Pause } from '../../../sync/pause.ts';
import { pairWorkflowId } from '../../../sync/workflow-ids.ts';
import type { PairRef } from '../../../workflows/pair-start.ts';
import type { CommonSettings } from '../../../settings/schema.ts';
import { AtMost } from '../../at-most.ts';
import { parentsOf } from '../../parents.ts';
import { knownKeys } from '../../find-pairs.ts';
import { requestSyncNow, requestSyncWithin } from '../../request-sync.ts';
import { webUiLink } from '../../web-ui-link.ts';
import { Problem } from './problems.ts';
import { processOf } from './processes.ts';
import type { AskResult } from './schemas.ts';

/** Concurrent requests to Temporal, over all callers. More would only queue at the server. */
const ASKS_AT_ONCE = 20;

/** Concurrent waits for an outcome; these cost the server little. */
const WAITS_AT_ONCE = 200;

/** Beyond this queue length, callers are told to retry later. */
const QUEUE_AT_MOST = 10_000;

const REACH_WITHIN_MS = 3_000;

/** A shorter wait is not worth starting. */
const SHORTEST_WAIT_MS = 200;

export interface AskServers {
  readonly orm: Orm;
  readonly temporal: Client;
  readonly settings: CommonSettings;
}

/** Requests syncs of pairs on behalf of all callers of this gateway. */
export class Asker {
  readonly #servers: AskServers;
  readonly #asks = new AtMost(ASKS_AT_ONCE);
  readonly #waits = new AtMost(WAITS_AT_ONCE);

  constructor(servers: AskServers) {
    this.#servers = servers;
  }

  /**
   * Requests a sync, once, of each pair that has something to sync; returns the results in the given order. When this
   * resolves, Temporal has stored every request.
   *
   * @throws Problem `busy` if the queue is full; the error of a server that cannot be reached.
   */
  async ask(pairs: readonly PairRef[], waitMs: number): Promise<AskResult[]> {
    if (this.#asks.waiting + this.#waits.waiting + pairs.length > QUEUE_AT_MOST) {
      throw new Problem('busy', {
        detail: 'the gateway has too many requests in its queue; try again in a moment',
        retryAfterSeconds: 2,
      });
    }
    const { orm, temporal } = this.#servers;
    const [found, pauses] = await Promise.all([this.#find(pairs), readPauses(orm.em.fork()), reachTemporal(temporal)]);
    const until = Date.now() + waitMs;
    const asked = new Map<string, Promise<Asked>>();
    const results = pairs.map(async (pair): Promise<AskResult> => {
      const whom = found.get(idOf(pair));
      if (whom === undefined) return { ...nameOf(pair), result: 'unknown', ...NOTHING };
      const pause = pauses.find(({ process }) => process === pair.process);
      if (pause !== undefined) return { ...nameOf(pair), ...NOTHING, ...pausedBy(pause) };
      const id = idOf(whom);
      const running = asked.get(id) ?? this.#askOne(whom, until);
      asked.set(id, running);
      return { ...nameOf(pair), ...(await running) };
    });
    return Promise.all(results);
  }

  /** For each pair that has something to sync, by id: the pair to request, itself or its parent. */
  async #find(pairs: readonly PairRef[]): Promise<ReadonlyMap<string, PairRef>> {
    const { orm } = this.#servers;
    const found = new Map<string, PairRef>();
    for (const group of Map.groupBy(pairs, ({ process, type }) => `${process}/${type}`).values()) {
      const { process, type } = group[0] as PairRef;
      const keys = group.map(({ key }) => key);
      const known = await knownKeys(orm, process, type, keys);
      const parents = await parentsOf(orm, processOf(process), group);
      for (const pair of group) if (known.has(pair.key)) found.set(idOf(pair), parents.get(formatRef(pair)) ?? pair);
    }
    return found;
  }

  async #askOne(pair: PairRef, until: number): Promise<Asked> {
    const patience = until - Date.now() - SHORTEST_WAIT_MS;
    if (patience > 0) {
      const waited = await this.#waits.runWithin(patience, () => this.#askAndWait(pair, until - Date.now()));
      if (waited !== null) return waited;
    }
    await this.#asks.run(() => requestSyncNow(this.#servers.temporal, pair));
    return this.#result(pair, patience > 0 ? 'unanswered' : 'requested');
  }

  async #askAndWait(pair: PairRef, waitMs: number): Promise<Asked> {
    try {
      const answer = await requestSyncWithin(this.#servers.temporal, pair, waitMs);
      return answer === null ? this.#result(pair, 'unanswered') : { ...this.#result(pair, 'answered'), ...answer };
    } catch (error) {
      if (!(error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError)) throw error;
      const reason = 'its workflow has failed; the link shows why';
      return { ...this.#result(pair, 'answered'), outcome: 'FAILING', delivery: 'failing', reason };
    }
  }

  #result(pair: PairRef, result: 'requested' | 'answered' | 'unanswered'): Asked {
    const workflowId = idOf(pair);
    return { ...NOTHING, result, workflowId, link: webUiLink(this.#servers.settings, workflowId) };
  }
}

/** Fails fast if Temporal is unavailable, so that no caller waits minutes in vain. @throws ServiceError */
export async function reachTemporal(temporal: Client): Promise<void> {
  await temporal.withDeadline(Date.now() + REACH_WITHIN_MS, () => temporal.workflowService.getSystemInfo({}));
}

type Asked = Omit<AskResult, 'process' | 'type' | 'id'>;

const NOTHING = { outcome: null, delivery: null, reason: null, workflowId: null, link: null } as const;

/** Nothing is requested: a changed row is due, so the first sweep after the pause finds it. */
const pausedBy = (pause: Pause) =>
  ({ result: 'paused', outcome: 'PAUSED', delivery: 'paused', reason: describePause(pause) }) as const;

const nameOf = ({ process, type, key }: PairRef) => ({ process, type, id: key });

const idOf = ({ process, type, key }: PairRef) => pairWorkflowId(process, type, key);
