import { SyncError } from '../../sync/sync-error.ts';
import type { RemovedParticipant } from './answers.ts';
import type { RunSignupApi } from './api.ts';
import { findRegistration, type FoundRegistration } from './find-registration.ts';
import { eventIdsOf, readRace } from './read-race.ts';

/** A registration is transferred a few times at most; a longer chain is a cycle. */
const MOST_TRANSFERS = 20;

/**
 * The registration as which a removed one goes on in the end: one that was transferred may be transferred again. Lists and
 * fetches must name the same one, or the last one is taken for a new registration.
 *
 * @returns null if none continues it.
 * @throws SyncError of class `contract` if its transfers have no end.
 */
export async function lastSuccessorOf(
  api: RunSignupApi,
  raceId: string,
  removed: RemovedParticipant,
  limit: number,
): Promise<FoundRegistration | null> {
  let last: FoundRegistration | null = null;
  let next = await successorOf(api, raceId, removed, limit);
  for (let transfers = 1; next !== null; transfers += 1) {
    if (transfers > MOST_TRANSFERS) throw endless(removed.registration_id);
    last = next;
    next = last.kind === 'active' ? null : await successorOf(api, raceId, last.removed, limit);
  }
  return last;
}

/** The same by the rows of one feed alone. Null: it was not transferred, or its transfers have no end. */
export function lastIdIn(nextIds: ReadonlyMap<string, string>, registrationId: string): string | null {
  let last = nextIds.get(registrationId) ?? null;
  for (let transfers = 1; last !== null; transfers += 1) {
    if (transfers > MOST_TRANSFERS) return null;
    const next = nextIds.get(last);
    if (next === undefined) return last;
    last = next;
  }
  return null;
}

/** The id of a registration, however it was found. */
export const registrationIdOf = (found: FoundRegistration): string =>
  (found.kind === 'active' ? found.participant : found.removed).registration_id;

/** The code of {@link lastSuccessorOf}'s error. */
export const ENDLESS = 'transfers';

const endless = (registrationId: string) =>
  new SyncError('contract', `RunSignup's transfers of registration ${registrationId} have no end`, {
    code: ENDLESS,
  });

/**
 * The registration that continues a transferred one. The feed contains its id but not its event, so the race's events
 * are searched. A deferred one has none: it starts again in another edition.
 */
async function successorOf(
  api: RunSignupApi,
  raceId: string,
  { removed_reason: reason, new_registration_id: next }: RemovedParticipant,
  limit: number,
): Promise<FoundRegistration | null> {
  if (reason !== 'transferred' || next === null || next === undefined) return null;
  const eventIds = eventIdsOf(readRace(await api.race(raceId)));
  return eventIds.length === 0 ? null : findRegistration(api, { raceId, eventIds, registrationId: next, limit });
}
