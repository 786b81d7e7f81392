import { parseInstant } from '../../sync/instant.ts';
import { SyncError } from '../../sync/sync-error.ts';

/** Where a page of changed members begins: at a time, and behind so many of those since then. */
export interface Place {
  /** How many pages were read before, in this poll. */
  readonly pages: number;
  /** As `since_last_changed` takes it: whole seconds with a zone, or it is ignored; null: at the beginning. */
  readonly since: string | null;
  readonly offset: number;
}

/** A list that has more members of one time has no end. */
const MOST_OF_ONE_TIME = 1_000_000;

/**
 * @param page as {@link nextPlace} has made it; null: the first.
 * @throws SyncError of class `contract` if the list does not end.
 */
export function placeIn(page: string | null, since: string | null): Place {
  if (page === null) return { pages: 0, since: since === null ? null : wholeSeconds(parseInstant(since)), offset: 0 };
  const [counts = '', ...time] = page.split('@');
  const [pages, offset] = counts.split(':');
  if (Number(offset) > MOST_OF_ONE_TIME) {
    throw new SyncError('contract', `MailChimp's pages of members do not end after ${MOST_OF_ONE_TIME}`, {
      code: 'paging',
    });
  }
  return { pages: Number(pages), since: time.join('@') || null, offset: Number(offset) };
}

/**
 * What follows on a page: what has changed at its last time, or later. Members that change while the list is read move to its
 * end; by counting from its beginning, as many would be skipped as have moved. A second is gone back, for nothing tells whether
 * the list begins at its time or behind it.
 *
 * @param latest RFC 3339; null: nothing on the page has a time that can be read.
 */
export function nextPlace({ pages, since, offset }: Place, listed: number, latest: string | null): string {
  const from = latest === null ? null : parseInstant(latest).subtract({ seconds: 1 });
  const moves = from !== null && (since === null || Temporal.Instant.compare(from, parseInstant(since)) > 0);
  return `${pages + 1}:${moves ? `0@${wholeSeconds(from)}` : `${offset + listed}@${since ?? ''}`}`;
}

const wholeSeconds = (instant: Temporal.Instant) =>
  instant.toString({ fractionalSecondDigits: 0, roundingMode: 'floor' }).replace('Z', '+00:00');
