import { parseInstant } from '../sync/instant.ts';
import { SyncError } from '../sync/sync-error.ts';

/** The most pages that one poll reads of one list. The next poll continues from there. */
export const PAGES_PER_POLL = 100;

/** A list that has not covered a period as long as the overlap after this many pages is endless. */
const MOST_PAGES = 5_000;

/** A poll's progress in a list sorted by time, oldest first. */
export interface ListProgress {
  /** Pages read in this poll, the current one included. */
  readonly pages: number;
  /** Where the poll started, RFC 3339; null: at the beginning. */
  readonly since: string | null;
  /** The latest time on the page, RFC 3339; null if there is none. */
  readonly seenUpTo: string | null;
  /** How far the next poll goes back, in milliseconds. */
  readonly overlapMs: number;
}

/**
 * Whether a poll should stop reading a list. Contacts that change meanwhile move to the list's end, so one poll could
 * read forever. It stops only if the next poll will start later than this one did, so every poll makes progress and
 * nothing is skipped.
 *
 * @param target for messages.
 * @throws SyncError of class `contract` if the list makes no progress.
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
