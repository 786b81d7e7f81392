import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import { notStored } from './not-stored.ts';
import type { RaceChange } from './race-edit.ts';
import { eventContent } from './race-records.ts';
import type { Races } from './races.ts';
import type { ReadRace } from './read-race.ts';
import { parseRaceId } from './remote-ids.ts';
import { singleSpaced, textOf } from './texts.ts';

/**
 * An event is a race of RunSignup that an operator has linked. Its name and website are written only where races may be
 * written at all; its times are those of its events.
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
  const wanted = (race: ReadRace) => changeOf(race, textOf(content['name']), textOf(content['website']));
  const { before, after } = await races.edit(raceId, wanted);
  const left = after === null ? null : wanted(after);
  if (left !== null) throw notStored(`race/${raceId}`, Object.keys(left));
  return after ?? before;
}

/** What EMS has no value for is left alone. */
function changeOf(race: ReadRace, name: string | null, website: string | null): RaceChange | null {
  const change = {
    ...(name === null || name === singleSpaced(race.name) ? {} : { name }),
    ...(website === null || website === singleSpaced(race.website) ? {} : { website }),
  };
  return Object.keys(change).length === 0 ? null : change;
}
