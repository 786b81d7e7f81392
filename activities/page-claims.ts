import { claimNames, holdsClaims, lockedNames, releaseClaims } from '../database/records/claims.ts';
import { loadEndsOf } from '../database/records/load-pairs.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { TypeContext } from './context.ts';
import { addressNames, pairName } from './pair-names.ts';

/** Longer than an attempt at a page: after that no call of it can be on its way. */
const CLAIMED_MS = 360_000;

/** The longest call of any target, and what follows it. */
const CALL_MS = 100_000;

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

  /** Claims as many of these rows as are free. Of two rows with one address, the first. */
  static async claim(page: PageAttempt, keys: readonly EntityKey[]): Promise<PageClaims> {
    const { orm, process, type } = page;
    const em = orm.em.fork();
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
    const claimed = await claimNames(em, all, { ...page, forMs: CLAIMED_MS });
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
   * Runs right before each call of the target.
   *
   * @throws SyncError of class `transient` if a later attempt has taken over, or this one has taken too long.
   */
  async assertHeld(): Promise<void> {
    const { orm, fencingToken, type } = this.#page;
    const names = [...this.#names.values()].flat();
    if (await holdsClaims(orm.em.fork(), names, { fencingToken, forMs: CALL_MS })) return;
    throw new SyncError('transient', `a page of ${type} is no longer this attempt's`, { code: 'page-lost' });
  }

  /** Claims that cannot be released end by themselves. */
  async release(): Promise<void> {
    const names = [...this.#names.values()].flat();
    await releaseClaims(this.#page.orm.em.fork(), names, this.#page).catch(() => undefined);
  }
}
