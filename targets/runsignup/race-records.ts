import type { Content } from '../../sync/content-hash.ts';
import type { MalformedRecord, RemoteRecord } from '../inbound-source.ts';
import { parseDistance } from './distance.ts';
import { editionOf, type MalformedEvent, type ReadEvent, type ReadRace } from './read-race.ts';
import { formatEventId, formatRaceId, parseRaceId } from './remote-ids.ts';
import { singleSpaced } from './texts.ts';
import { atWall, formatMinute } from './times.ts';

const WITHOUT_MORE = { emsKey: null, complete: true, related: [], messages: null, removed: false, successor: null };

/** What a race holds of an EMS event: its own name and address, and the span of its edition's events. */
export function eventContent(race: ReadRace, daysId: string | null): Content {
  const edition = editionOf(race, daysId);
  const starts = edition
    .map(({ start }) => start)
    .toSorted((left, right) => Temporal.PlainDateTime.compare(left, right));
  const ends = edition
    .flatMap(({ end }) => end ?? [])
    .toSorted((left, right) => Temporal.PlainDateTime.compare(left, right));
  const [first, last, end] = [starts[0], starts.at(-1), ends.at(-1)];
  return {
    name: singleSpaced(race.name),
    website: singleSpaced(race.website),
    ...(first === undefined ? {} : { startsOn: formatMinute(atWall(first, race.zone)) }),
    // Ends are optional at RunSignup: an end before the last start says that the last event's end was not entered.
    ...(last === undefined || end === undefined || Temporal.PlainDateTime.compare(end, last) < 0
      ? {}
      : { endsOn: formatMinute(atWall(end, race.zone)) }),
  };
}

/** What an event of RunSignup holds of an EMS race. A distance in words that are not known is left out. */
export function raceContent({ zone }: ReadRace, event: ReadEvent): Content {
  const metres = event.distance?.trim() ? parseDistance(event.distance) : null;
  return {
    name: singleSpaced(event.name),
    startsOn: formatMinute(atWall(event.start, zone)),
    ...(metres === undefined ? {} : { distanceM: metres }),
  };
}

/** @param remoteId the id that it is linked by, with or without its edition. */
export function eventRecord(race: ReadRace, remoteId: string): RemoteRecord {
  return {
    ...WITHOUT_MORE,
    type: 'Event',
    remoteId,
    modifiedOn: race.modifiedOn,
    content: eventContent(race, parseRaceId(remoteId).daysId),
    references: {},
  };
}

/** @param parent the id that its EMS event is linked by; left out: the event's own edition. */
export function raceRecord(
  race: ReadRace,
  event: ReadEvent,
  parent: string = formatRaceId(race.raceId, event.daysId),
): RemoteRecord {
  return {
    ...WITHOUT_MORE,
    type: 'Race',
    remoteId: formatEventId({ raceId: race.raceId, eventId: event.eventId }),
    modifiedOn: race.modifiedOn,
    content: raceContent(race, event),
    references: { eventId: { type: 'Event', remoteId: parent } },
  };
}

export function malformedRace({ raceId }: ReadRace, { eventId, field }: MalformedEvent): MalformedRecord {
  return {
    malformed: `RunSignup's event does not fit the contract at ${field}`,
    type: 'Race',
    remoteId: eventId === null ? null : formatEventId({ raceId, eventId }),
  };
}
