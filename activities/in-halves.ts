import { isAboutNoRow } from './error-mapping.ts';

/** The results of a page's parts, and the items that failed alone. */
export interface InHalves<Item, Result> {
  readonly results: readonly Result[];
  readonly failed: readonly { readonly item: Item; readonly error: unknown }[];
}

/**
 * Processes a page of rows at once. If that fails, for any reason, it is repeated with halves until the faulty row is
 * alone, so that no other row waits for it.
 *
 * @param work is repeated for parts of a page for which it failed.
 * @throws the error if it concerns no row: the database is unavailable, or lacks a column.
 */
export async function inHalves<Item, Result>(
  items: readonly Item[],
  work: (some: readonly Item[]) => Promise<Result>,
): Promise<InHalves<Item, Result>> {
  if (items.length === 0) return { results: [], failed: [] };
  try {
    return { results: [await work(items)], failed: [] };
  } catch (error) {
    if (isAboutNoRow(error)) throw error;
    const [item] = items;
    if (items.length === 1 && item !== undefined) return { results: [], failed: [{ item, error }] };
    const middle = Math.ceil(items.length / 2);
    const first = await inHalves(items.slice(0, middle), work);
    const second = await inHalves(items.slice(middle), work);
    return { results: [...first.results, ...second.results], failed: [...first.failed, ...second.failed] };
  }
}
