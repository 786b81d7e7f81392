import { SyncError } from '../../sync/sync-error.ts';
import { Paging } from '../paging.ts';
import { withId } from './answers.ts';

/** ChatWoot's pages are small. This many make one of ours. */
const PAGES_AT_ONCE = 20;

/** Of 15 contacts or 25 conversations each. A list that goes on beyond them has no end. */
const LAST_PAGE = 100_000;

/**
 * Reads on from a page, until the list ends or there is enough for one page of ours.
 *
 * @returns the items, and the next page; null at the end of the list.
 * @throws SyncError of class `contract` if a page comes again, or if the list has no end.
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
