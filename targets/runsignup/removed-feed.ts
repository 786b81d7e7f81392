import { SyncError } from '../../sync/sync-error.ts';
import type { EventRows, RunSignupApi } from './api.ts';

/** Far more pages than any event has; whoever goes on beyond them goes in circles. */
const MOST_PAGES = 10_000;

/**
 * All pages of the removed registrations of some events. This feed knows page numbers only.
 *
 * @param since unix seconds; left out: from the beginning.
 * @throws SyncError of class `contract` if a page is the one before it.
 */
export async function* removedFeed(
  api: RunSignupApi,
  raceId: string,
  eventIds: readonly string[],
  { since, limit }: { readonly since?: number; readonly limit: number },
): AsyncGenerator<EventRows> {
  let before = '';
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const events = await api.removedParticipants(raceId, eventIds, {
      page,
      limit,
      ...(since === undefined ? {} : { since }),
    });
    yield* events;
    if (events.every(({ rows }) => rows.length < limit)) return;
    const now = JSON.stringify(events);
    if (now === before) break;
    before = now;
  }
  throw notAdvancing(`race/${raceId}/removed-participants`);
}

export function notAdvancing(path: string): SyncError {
  return new SyncError('contract', `RunSignup's pages of ${path} do not advance`, { code: 'paging' });
}
