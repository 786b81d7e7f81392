import { parseInstant } from '../../sync/instant.ts';
import { SyncError } from '../../sync/sync-error.ts';

/** Where a page of changed members starts: at a time, and an offset within the members changed since. */
export interface Place {
  /** Pages read before in this poll. */
  readonly pages: number;
  /**
   * In the form that `since_last_changed` requires: whole seconds with a zone, otherwise it is ignored; null: from the
   * beginning.
   */
  readonly since: string | null;
  readonly offset: number;
}

/** A list with more members of one time is considered endless. */
const MOST_OF_ONE_TIME = 1_000_000;

/**
 * @param page from {@link nextPlace}; null: the first.
 * @throws SyncError of class `contract` if the list is endless.
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
 * The place of the next page: members changed at the last time of this page, or later. Members that change while the
 * list is read move to its end, so an offset from the beginning would skip as many. It goes back one second, because it
 * is unknown whether the list includes its start time.
 *
 * @param latest RFC 3339; null: nothing on the page has a readable time.
 */
export function nextPlace({ pages, since, offset }: Place, listed: number, latest: string | null): string {
  const from = latest === null ? null : parseInstant(latest).subtract({ seconds: 1 });
  const moves = from !== null && (since === null || Temporal.Instant.compare(from, parseInstant(since)) > 0);
  return `${pages + 1}:${moves ? `0@${wholeSeconds(from)}` : `${offset + listed}@${since ?? ''}`}`;
}

const wholeSeconds = (instant: Temporal.Instant) =>
  instant.toString({ fractionalSecondDigits: 0, roundingMode: 'floor' }).replace('Z', '+00:00');
