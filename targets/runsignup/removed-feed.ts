import { SyncError } from '../../sync/sync-error.ts';
import { Paging } from '../paging.ts';
import type { EventRows, RunSignupApi } from './api.ts';

/** Pages of up to 1,000 registrations: far more than any race has. */
const MOST_PAGES = 1_000;

/**
 * All pages of the removed registrations of some events. The feed only has page numbers.
 *
 * @param since Unix seconds; left out: from the beginning.
 * @throws SyncError of class `contract` if a page repeats or the feed is endless.
 */
export async function* removedFeed(
  api: RunSignupApi,
  raceId: string,
  eventIds: readonly string[],
  { since, limit }: { readonly since?: number; readonly limit: number },
): AsyncGenerator<EventRows> {
  const what = `race/${raceId}/removed-participants`;
  const paging = new Paging({ target: 'RunSignup', what, mostPages: MOST_PAGES });
  for (let page = 1; ; page += 1) {
    const events = await api.removedParticipants(raceId, eventIds, {
      page,
      limit,
      ...(since === undefined ? {} : { since }),
    });
    yield* events;
    if (events.every(({ rows }) => rows.length < limit)) return;
    paging.note(JSON.stringify(events));
  }
}

export function notAdvancing(path: string): SyncError {
  return new SyncError('contract', `RunSignup's pages of ${path} do not advance`, { code: 'paging' });
}
