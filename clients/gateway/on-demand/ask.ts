import { WorkflowFailedError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { Orm } from '../../../database/orm.ts';
import { formatRef } from '../../../sync/entity-type.ts';
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

/** Requests to Temporal at once, of all callers together: many more would only wait at the server. */
const ASKS_AT_ONCE = 20;

/** Those who wait for an outcome cost the server little meanwhile. */
const WAITS_AT_ONCE = 200;

/** Whoever comes when so many wait for their turn is told to come again. */
const QUEUE_AT_MOST = 10_000;

const REACH_WITHIN_MS = 3_000;

/** Less is not worth a wait. */
const SHORTEST_WAIT_MS = 200;

export interface AskServers {
  readonly orm: Orm;
  readonly temporal: Client;
  readonly settings: CommonSettings;
}

/** Asks pairs for passes on behalf of all callers of this gateway. */
export class Asker {
  readonly #servers: AskServers;
  readonly #asks = new AtMost(ASKS_AT_ONCE);
  readonly #waits = new AtMost(WAITS_AT_ONCE);

  constructor(servers: AskServers) {
    this.#servers = servers;
  }

  /**
   * Asks each pair that there is something to do for, once; answers in the order given. When this returns, Temporal holds
   * every request.
   *
   * @throws Problem `busy` if too much is being asked for; the error of a server that cannot be reached.
   */
  async ask(pairs: readonly PairRef[], waitMs: number): Promise<AskResult[]> {
    if (this.#asks.waiting + this.#waits.waiting + pairs.length > QUEUE_AT_MOST) {
      throw new Problem('busy', {
        detail: 'the gateway has much to ask for; come again in a moment',
        retryAfterSeconds: 2,
      });
    }
    const [found] = await Promise.all([this.#find(pairs), reachTemporal(this.#servers.temporal)]);
    const until = Date.now() + waitMs;
    const asked = new Map<string, Promise<Asked>>();
    const results = pairs.map(async (pair): Promise<AskResult> => {
      const whom = found.get(idOf(pair));
      if (whom === undefined) return { ...nameOf(pair), result: 'unknown', ...NOTHING };
      const id = idOf(whom);
      const running = asked.get(id) ?? this.#askOne(whom, until);
      asked.set(id, running);
      return { ...nameOf(pair), ...(await running) };
    });
    return Promise.all(results);
  }

  /** By the id of each pair that there is something to do for: the pair to ask, itself or its parent. */
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
      const reason = 'its workflow has failed: the link says why';
      return { ...this.#result(pair, 'answered'), outcome: 'FAILING', delivery: 'failing', reason };
    }
  }

  #result(pair: PairRef, result: 'requested' | 'answered' | 'unanswered'): Asked {
    const workflowId = idOf(pair);
    return { ...NOTHING, result, workflowId, link: webUiLink(this.#servers.settings, workflowId) };
  }
}

/** Whoever waits for minutes is told at once that nothing will come. @throws ServiceError if Temporal is away. */
export async function reachTemporal(temporal: Client): Promise<void> {
  await temporal.withDeadline(Date.now() + REACH_WITHIN_MS, () => temporal.workflowService.getSystemInfo({}));
}

type Asked = Omit<AskResult, 'process' | 'type' | 'id'>;

const NOTHING = { outcome: null, delivery: null, reason: null, workflowId: null, link: null } as const;

const nameOf = ({ process, type, key }: PairRef) => ({ process, type, id: key });

const idOf = ({ process, type, key }: PairRef) => pairWorkflowId(process, type, key);
