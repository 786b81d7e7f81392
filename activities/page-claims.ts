import { setTimeout as sleep } from 'node:timers/promises';
import {
  announceCall,
  beginPageAttempt,
  claimNames,
  endPageAttempt,
  lockedNames,
  releaseClaims,
} from '../database/records/claims.ts';
import { loadEndsOf } from '../database/records/load-pairs.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { TypeContext } from './context.ts';
import { addressNames, pairName } from './pair-names.ts';

/** Longer than an attempt at a page may take, and the last call that it may begin. */
const CLAIMED_MS = 360_000;

/** Longer than the longest call of any target. After that a call of a worker that died cannot be on its way. */
const CALL_MS = 100_000;

/** Between the announcement of a call and the call itself; a worker that stood still for longer announces it again. */
const ANNOUNCED_MS = 5_000;

/** An attempt waits for a call of an earlier one for as long as that can take. */
const EARLIER_CALL_MS = 105_000;

const POLL_MS = 500;

/** One attempt at a page. */
export interface PageAttempt extends TypeContext {
  /** The page's workflow id. */
  readonly holder: string;
  readonly fencingToken: bigint;
}

/**
 * The pairs that a page has to itself, from before it reads them until their results are recorded. The pair's workflow, and
 * whatever writes for one of its addresses, waits meanwhile; a pair that is at work already is not among them.
 */
export class PageClaims {
  readonly #page: PageAttempt;
  readonly #names: ReadonlyMap<EntityKey, readonly string[]>;

  private constructor(page: PageAttempt, names: ReadonlyMap<EntityKey, readonly string[]>) {
    this.#page = page;
    this.#names = names;
  }

  /**
   * Claims as many of these rows as are free, once no call of an earlier attempt can be on its way: it would arrive after
   * ours, with older content. Of two rows with one address, the first.
   *
   * @throws SyncError of class `transient` if an earlier attempt is at work for too long, or a later one has begun.
   */
  static async claim(page: PageAttempt, keys: readonly EntityKey[]): Promise<PageClaims> {
    const { orm, process, type } = page;
    const em = orm.em.fork();
    await begin(page);
    const ends = await loadEndsOf(em, process.name, type, keys);
    const taken = new Set<string>();
    const wanted = new Map<EntityKey, readonly string[]>();
    for (const key of keys) {
      const own = addressNames(process.name, page, ends.get(key) ?? { entity: null, base: null });
      if (own.some((name) => taken.has(name))) continue;
      for (const name of own) taken.add(name);
      wanted.set(key, [pairName(process.name, type, key), ...own]);
    }
    const all = [...wanted.values()].flat();
    const claimed = await claimNames(em, all, page);
    // Only now: whoever locks later finds the claims.
    const locked = await lockedNames(em, [...claimed]);
    const isOurs = (names: readonly string[]) => names.every((name) => claimed.has(name) && !locked.has(name));
    const ours = new Map([...wanted].filter(([, names]) => isOurs(names)));
    const held = new Set([...ours.values()].flat());
    await releaseClaims(
      em,
      [...claimed].filter((name) => !held.has(name)),
      page,
    );
    return new PageClaims(page, ours);
  }

  get keys(): readonly EntityKey[] {
    return [...this.#names.keys()];
  }

  /** Whether the row still has no other address than those claimed. */
  covers(key: EntityKey, names: readonly string[]): boolean {
    const claimed = this.#names.get(key) ?? [];
    return names.every((name) => claimed.includes(name));
  }

  /**
   * Runs right before each call of the target. The call may begin when this ends: until CALL_MS later, no other attempt or
   * page works on these rows.
   *
   * @throws SyncError of class `transient` if a later attempt has begun, or this one has taken too long.
   */
  async assertHeld(): Promise<void> {
    const { orm } = this.#page;
    for (;;) {
      const began = performance.now();
      if (!(await announceCall(orm.em.fork(), { ...this.#page, forMs: CALL_MS }))) throw lost(this.#page);
      if (performance.now() - began < ANNOUNCED_MS) return;
    }
  }

  /** Claims that cannot be released end by themselves. */
  async release(): Promise<void> {
    const em = this.#page.orm.em.fork();
    const names = [...this.#names.values()].flat();
    await releaseClaims(em, names, this.#page).catch(() => undefined);
    await endPageAttempt(em, this.#page).catch(() => undefined);
  }
}

async function begin(page: PageAttempt): Promise<void> {
  const deadline = performance.now() + EARLIER_CALL_MS;
  while (!(await beginPageAttempt(page.orm.em.fork(), { ...page, forMs: CLAIMED_MS }))) {
    if (performance.now() > deadline) throw lost(page);
    await sleep(POLL_MS);
  }
}

const lost = ({ type }: PageAttempt) =>
  new SyncError('transient', `a page of ${type} is no longer this attempt's`, { code: 'page-lost' });
