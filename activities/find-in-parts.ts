import type { PageRequest } from '../database/detection/find-page.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { isAboutNoRow } from './error-mapping.ts';
import { inHalves } from './in-halves.ts';

export interface FoundKeys {
  readonly keys: readonly EntityKey[];
  /** Where the next page begins; null: this was the last one. */
  readonly next: EntityKey | null;
}

/**
 * A page of keys from the detection query. If the query fails, it is repeated for parts of the next rows until the
 * faulty row is alone. That row is returned, too, and its own workflow reports the error.
 *
 * @param find the detection query.
 * @param all returns every key, due or not.
 * @throws the error if it concerns no row: the database is unavailable, or lacks a column.
 */
export async function findInParts(
  find: (page: PageRequest) => Promise<FoundKeys>,
  all: (page: PageRequest) => Promise<readonly EntityKey[]>,
  page: PageRequest,
): Promise<FoundKeys> {
  const { limit } = page;
  try {
    return await find(page);
  } catch (error) {
    if (isAboutNoRow(error)) throw error;
  }
  const candidates = await all(page);
  const { results, failed } = await inHalves(candidates, async (some) => {
    const { keys } = await find({ limit: some.length, after: keyBefore(some[0]), upTo: some.at(-1) ?? null });
    return keys;
  });
  const found = new Set([...results.flat(), ...failed.map(({ item }) => item)]);
  return {
    keys: candidates.filter((key) => found.has(key)),
    next: candidates.length < limit ? null : (candidates.at(-1) ?? null),
  };
}

const keyBefore = (key: EntityKey | undefined) => (key === undefined ? null : String(BigInt(key) - 1n));
