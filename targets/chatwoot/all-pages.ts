import { SyncError } from '../../sync/sync-error.ts';
import { Paging } from '../paging.ts';
import { withId } from './answers.ts';

/** ChatWoot's pages are small; this many make one page of ours. */
const PAGES_AT_ONCE = 20;

/** Pages of 15 contacts or 25 conversations. A longer list is considered endless. */
const LAST_PAGE = 100_000;

/**
 * Reads from a page until the list ends or one page of ours is full.
 *
 * @returns the items, and the next page; null at the end of the list.
 * @throws SyncError of class `contract` if a page repeats or the list is endless.
 */
export async function readPages(
  first: number,
  what: string,
  read: (page: number) => Promise<readonly unknown[]>,
): Promise<{ readonly items: readonly unknown[]; readonly next: number | null }> {
  const items: unknown[] = [];
  const paging = new Paging({ target: 'ChatWoot', what, mostPages: PAGES_AT_ONCE });
  if (first > LAST_PAGE) {
    throw new SyncError('contract', `ChatWoot's pages of ${what} do not end after ${LAST_PAGE}`, { code: 'paging' });
  }
  for (let page = first; page < first + PAGES_AT_ONCE; page += 1) {
    const found = await read(page);
    if (found.length === 0) return { items, next: null };
    paging.note(found.map((item) => withId.safeParse(item).data?.id ?? '?').join(' '));
    items.push(...found);
  }
  return { items, next: first + PAGES_AT_ONCE };
}
