import { parseInstant } from '../../sync/instant.ts';
import { SyncError } from '../../sync/sync-error.ts';

export type Column = 'dateModified' | 'dateAdded';

/** Where a page of changed contacts starts: at a time, and an offset within the contacts of that time. */
export interface Place {
  /** Pages read before in this poll. */
  readonly pages: number;
  readonly column: Column;
  /** In the form that `where` requires: `Y-m-d H:i:s`, UTC; the effect of a zone depends on the database. */
  readonly from: string;
  readonly start: number;
}

const BEGINNING = '1970-01-01T00:00:00Z';

/** A list with more contacts of one time is considered endless. */
const MOST_OF_ONE_TIME = 1_000_000;

/**
 * @param page from {@link pageAfter}; null: the first.
 * @throws SyncError of class `contract` if the list is endless.
 */
export function placeIn(column: Column, page: string | null, since: string | null): Place {
  if (page === null) return { pages: 0, column, from: mauticTime(since ?? BEGINNING), start: 0 };
  const [pages, start, ...from] = page.split(':');
  if (Number(start) > MOST_OF_ONE_TIME) {
    throw new SyncError('contract', `Mautic's pages of contacts do not end after ${MOST_OF_ONE_TIME}`, {
      code: 'paging',
    });
  }
  return { pages: Number(pages), column, start: Number(start), from: from.join(':') };
}

/**
 * The place of the next page: the remaining contacts changed at the last time of this page, or later. Contacts that are
 * edited while the list is read move to its end, so an offset from the beginning would skip as many.
 */
export function pageAfter(
  { pages, column, from, start }: Place,
  items: readonly unknown[],
  pageSize: number,
): string | null {
  if (items.length < pageSize) return null;
  const latest = items
    .flatMap((item) => timeIn(item, column) ?? [])
    .map(mauticTime)
    .toSorted()
    .at(-1);
  return latest === undefined || latest === from
    ? `${pages + 1}:${start + items.length}:${from}`
    : `${pages + 1}:0:${latest}`;
}

/** A contact's time, RFC 3339; null if it is missing or invalid. */
export function timeIn(item: unknown, column: Column): string | null {
  const time: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, column) : null;
  if (typeof time !== 'string') return null;
  try {
    parseInstant(time);
    return time;
  } catch {
    return null;
  }
}

function mauticTime(instant: string): string {
  return parseInstant(instant)
    .toString({ fractionalSecondDigits: 0, roundingMode: 'floor' })
    .replace('T', ' ')
    .replace('Z', '');
}
