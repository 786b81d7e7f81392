import type { RemovedParticipant } from './answers.ts';
import type { RunSignupApi } from './api.ts';
import { findRegistration, type FoundRegistration } from './find-registration.ts';
import { eventIdsOf, readRace } from './read-race.ts';

/**
 * The registration that continues a transferred one. The feed contains its id but not its event, so the race's events
 * are searched. A deferred one has none: it starts again in another edition.
 */
export async function successorOf(
  api: RunSignupApi,
  raceId: string,
  { removed_reason: reason, new_registration_id: next }: RemovedParticipant,
  limit: number,
): Promise<FoundRegistration | null> {
  if (reason !== 'transferred' || next === null || next === undefined) return null;
  const eventIds = eventIdsOf(readRace(await api.race(raceId)));
  return eventIds.length === 0 ? null : findRegistration(api, { raceId, eventIds, registrationId: next, limit });
}
