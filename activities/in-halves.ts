import { isAboutNoRow } from './error-mapping.ts';

/** What became of a page: the results of its parts, and the items that failed alone. */
export interface InHalves<Item, Result> {
  readonly results: readonly Result[];
  readonly failed: readonly { readonly item: Item; readonly error: unknown }[];
}

/**
 * Does something with a page of rows at once. If that fails, whatever the reason, it is done with the halves, until the row that
 * spoils it is alone: no other row waits for that one to be mended.
 *
 * @param work is repeated for parts of what it has failed for as a whole.
 * @throws the error that says nothing of a row: the database is away, or lacks a column.
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
