import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { textIn } from '../field-kinds.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import { eventFields } from './event-fields.ts';
import { notStored } from './not-stored.ts';
import { eventContent, raceText } from './race-records.ts';
import type { Races } from './races.ts';
import type { ReadRace } from './read-race.ts';
import { parseRaceId } from './remote-ids.ts';

/**
 * An event is a RunSignup race that an operator has linked. Its name and website are written only if writing races is
 * enabled; its times are those of its events.
 */
export async function sendEvent(races: Races, mayWrite: boolean, request: SendRequest): Promise<SendResult> {
  const { remoteId } = request;
  if (remoteId === null) {
    throw new SyncError('rejected', `Event/${request.key} is linked to no RunSignup race: link it`, {
      code: 'not-linked',
    });
  }
  const { raceId, daysId } = parseRaceId(remoteId);
  const race = mayWrite ? await write(races, raceId, request) : await races.read(raceId);
  return { kind: 'sent', remoteId, remoteModifiedOn: race.modifiedOn, stored: eventContent(race, daysId) };
}

async function write(races: Races, raceId: string, { content }: SendRequest): Promise<ReadRace> {
  const { before, after } = await races.edit(raceId, (race) => {
    const differing = differingPlaces(race, content);
    return differing.length === 0
      ? null
      : { fields: Object.fromEntries(differing.map(({ taken, value }) => [taken, value])) };
  });
  const left = after === null ? [] : differingPlaces(after, content);
  if (left.length > 0) {
    throw notStored(
      `race/${raceId}`,
      left.map(({ field }) => field),
    );
  }
  return after ?? before;
}

/** Fields without a value in EMS are left alone. */
function differingPlaces(race: ReadRace, content: Content) {
  return Object.entries(eventFields).flatMap(([field, { at }]) => {
    const value = textIn(content[field]);
    return at.in === 'race' && value !== null && value !== raceText(race, at)
      ? [{ field, taken: at.taken, value }]
      : [];
  });
}
