import { parseInstant } from '../../sync/instant.ts';
import { SyncError } from '../../sync/sync-error.ts';

export type Column = 'dateModified' | 'dateAdded';

/** Where a page of changed contacts begins: at a time, and behind so many of those that have it. */
export interface Place {
  /** How many pages were read before, in this poll. */
  readonly pages: number;
  readonly column: Column;
  /** As `where` takes it: `Y-m-d H:i:s`, UTC; what comes of a zone differs by database. */
  readonly from: string;
  readonly start: number;
}

const BEGINNING = '1970-01-01T00:00:00Z';

/** A list that has more contacts of one time has no end. */
const MOST_OF_ONE_TIME = 1_000_000;

/**
 * @param page as {@link pageAfter} has made it; null: the first.
 * @throws SyncError of class `contract` if the list does not end.
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
 * What follows on a page: the rest of what has changed at its last time, or later. Contacts that are edited while the list is
 * read move to its end; by counting from its beginning, as many would be skipped as have moved.
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

/** A contact's time, RFC 3339; null: it has none, or none that is one. */
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
