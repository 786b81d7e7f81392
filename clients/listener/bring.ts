import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Orm } from '../../database/orm.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { pairWorkflowId } from '../../sync/workflow-ids.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import type { SyncOutcome } from '../../sync/sync-outcome.ts';
import { AtMost } from '../at-most.ts';
import { JoinedWork } from '../joined-work.ts';
import { requestSyncNow, requestSyncWithin } from '../request-sync.ts';
import { awaitedBy } from './wanted-keys.ts';

/** Concurrent requests per process: a target that is down must not delay the others. */
const ASKS_AT_ONCE = 40;

/** Beyond this queue length, changes are left to a sweep. */
const QUEUE_AT_MOST = 1_000;

/** After this time a pair without an outcome continues on its own, and its slot is freed. */
const OUTCOME_WITHIN_MS = 5_000;

/**
 * Pauses before a row without an outcome is checked again: it may have started to wait for a row that exists by now.
 */
const LOOK_AGAIN_AFTER_MS = [2_000, 5_000, 15_000, 40_000];

/** A row may refer to rows of several types and waits for them one after another. */
const WAITS_AT_MOST = 5;

export interface BringServers {
  readonly orm: Orm;
  readonly temporal: Client;
}

/**
 * Requests syncs of one process's pairs, at most one per row at a time. If a row waits for another one (a registration
 * for its person, who is not yet at the target), that row is requested first and the waiting one again afterwards.
 */
export class Bring {
  readonly #servers: BringServers;
  readonly #process: SyncProcess;
  readonly #asks = new AtMost(ASKS_AT_ONCE);
  readonly #asked = new JoinedWork<void>();
  readonly #awaited = new JoinedWork<SyncOutcome | null>();
  readonly #lookedAtAgain = new Set<string>();

  constructor(servers: BringServers, process: SyncProcess) {
    this.#servers = servers;
    this.#process = process;
  }

  /** The queue is so long that a sweep is more efficient. */
  get isFull(): boolean {
    return this.#asks.waiting > QUEUE_AT_MOST;
  }

  /** @throws the error of a server that cannot be reached. Calls during a run are merged into one run afterwards. */
  async bring(mapping: EntityMapping, key: EntityKey): Promise<SyncOutcome | null> {
    // Only rows that refer to others can wait for them; for the rest it suffices that Temporal has stored the request.
    if (mapping.referencedTypes.length === 0) return this.#ask(mapping, key);
    const outcome = await this.#bringWithOthers(mapping, key);
    if (outcome === null) void this.#lookAgain(mapping, key);
    return outcome;
  }

  /** Never rejects and does not delay the shutdown: a sweep finds what is missed here. */
  async #lookAgain(mapping: EntityMapping, key: EntityKey): Promise<void> {
    const id = this.#id(mapping, key);
    if (this.#lookedAtAgain.has(id)) return;
    this.#lookedAtAgain.add(id);
    try {
      for (const pause of LOOK_AGAIN_AFTER_MS) {
        await sleep(pause, undefined, { ref: false });
        if ((await awaitedBy(this.#servers.orm, this.#process.name, mapping, key)) === null) continue;
        if ((await this.#bringWithOthers(mapping, key)) !== null) return;
      }
    } catch {
      return;
    } finally {
      this.#lookedAtAgain.delete(id);
    }
  }

  async #ask(mapping: EntityMapping, key: EntityKey): Promise<null> {
    const pair = { process: this.#process.name, type: mapping.type, key };
    await this.#asked.run(this.#id(mapping, key), () =>
      this.#asks.run(() => requestSyncNow(this.#servers.temporal, pair)),
    );
    return null;
  }

  async #bringWithOthers(mapping: EntityMapping, key: EntityKey): Promise<SyncOutcome | null> {
    const pair = { process: this.#process.name, type: mapping.type, key };
    return this.#awaited.run(this.#id(mapping, key), async () => {
      for (let waits = 0; ; waits += 1) {
        const result = await this.#asks.run(() => requestSyncWithin(this.#servers.temporal, pair, OUTCOME_WITHIN_MS));
        if (result?.outcome !== 'WAITING' || waits === WAITS_AT_MOST) return result?.outcome ?? null;
        const awaited = await this.#bringAwaited(mapping, key);
        if (awaited === null) return null;
        if (awaited !== 'IN_SYNC' && awaited !== 'SHARED') return 'WAITING';
      }
    });
  }

  /** @returns the outcome of the awaited row; null: not known yet. */
  async #bringAwaited(mapping: EntityMapping, key: EntityKey): Promise<SyncOutcome | null> {
    const awaited = await awaitedBy(this.#servers.orm, this.#process.name, mapping, key);
    const [type, awaitedKey = ''] = awaited?.split('/') ?? [];
    // Two rows of one type may wait for each other; the order of types has no cycle.
    const of =
      mapping.referencedTypes.includes(type as never) && type !== mapping.type ? this.#mapping(type) : undefined;
    return of === undefined ? 'WAITING' : this.#bringWithOthers(of, awaitedKey);
  }

  #mapping(type: string | undefined): EntityMapping | undefined {
    return this.#process.mappings.find((mapping) => mapping.type === type);
  }

  #id(mapping: EntityMapping, key: EntityKey): string {
    return pairWorkflowId(this.#process.name, mapping.type, key);
  }
}
