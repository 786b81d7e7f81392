import { SyncError } from '../../sync/sync-error.ts';
import { withId } from './answers.ts';

/** ChatWoot's pages are small; so many make one of ours. */
const PAGES_AT_ONCE = 20;

/**
 * Reads on from a page, until there is nothing more or enough for one page of ours.
 *
 * @returns what was read, and the page to go on with; null: there is none.
 * @throws SyncError of class `contract` if a page is the one before it: whoever goes on then goes in circles.
 */
export async function readPages(
  first: number,
  what: string,
  read: (page: number) => Promise<readonly unknown[]>,
): Promise<{ readonly items: readonly unknown[]; readonly next: number | null }> {
  const items: unknown[] = [];
  let before = '';
  for (let page = first; page < first + PAGES_AT_ONCE; page += 1) {
    const found = await read(page);
    if (found.length === 0) return { items, next: null };
    const ids = found.map((item) => withId.safeParse(item).data?.id ?? '?').join(' ');
    if (ids === before)
      throw new SyncError('contract', `ChatWoot's pages of ${what} do not advance`, { code: 'paging' });
    before = ids;
    items.push(...found);
  }
  return { items, next: first + PAGES_AT_ONCE };
}
