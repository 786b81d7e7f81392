import { parseInstant } from '../sync/instant.ts';
import { SyncError } from '../sync/sync-error.ts';

/** What one poll reads of one list. The next poll goes on from there. */
export const PAGES_PER_POLL = 100;

/** A list that is not through a stretch as long as the overlap by then has no end. */
const MOST_PAGES = 5_000;

/** How far a poll has come in a list that is sorted by time, oldest first. */
export interface ListProgress {
  /** Of this list in this poll, this one included. */
  readonly pages: number;
  /** Where the poll began, RFC 3339; null: at the beginning. */
  readonly since: string | null;
  /** The latest time on the page, RFC 3339; null: it has none. */
  readonly seenUpTo: string | null;
  /** How far the next poll goes back, in milliseconds. */
  readonly overlapMs: number;
}

/**
 * Whether a poll has read enough of a list that goes on: contacts that change while it is read move to its end, and would keep it
 * busy for ever. It only stops where the next poll begins later than this one did, so that every poll gets ahead and nothing is
 * skipped.
 *
 * @param target for messages.
 * @throws SyncError of class `contract` if the list does not get on.
 */
export function isEnough({ pages, since, seenUpTo, overlapMs }: ListProgress, target: string): boolean {
  if (pages < PAGES_PER_POLL) return false;
  if (seenUpTo !== null) {
    const next = parseInstant(seenUpTo).subtract({ milliseconds: overlapMs });
    if (since === null || Temporal.Instant.compare(next, parseInstant(since)) > 0) return true;
  }
  if (pages < MOST_PAGES) return false;
  throw new SyncError('contract', `${target}'s list does not get on in ${MOST_PAGES} pages`, { code: 'paging' });
}
