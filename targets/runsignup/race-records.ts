import type { Content } from '../../sync/content-hash.ts';
import type { MalformedRecord, RemoteRecord } from '../inbound-source.ts';
import { eventFields, type RacePlace } from './event-fields.ts';
import { EVENT_FORMS } from './event-forms.ts';
import { eventPlaces } from './race-fields.ts';
import { editionOf, type MalformedEvent, type ReadEvent, type ReadRace } from './read-race.ts';
import { formatEventId, formatRaceId, parseRaceId } from './remote-ids.ts';
import { singleSpaced } from './texts.ts';
import { atWall, formatMinute } from './times.ts';
import { toldText } from './told-text.ts';

const WITHOUT_MORE = { emsKey: null, complete: true, related: [], messages: null, removed: false, successor: null };

/** A race's content for an EMS event: its own fields, and the span of the edition's events. */
export function eventContent(race: ReadRace, daysId: string | null): Content {
  const edition = editionOf(race, daysId);
  const read = Object.entries(eventFields).map(([field, { at }]) => {
    return [field, at.in === 'race' ? raceText(race, at) : spanOf(race, edition)[at.end]] as const;
  });
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** The first of its properties that contains text. */
export function raceText({ raw }: ReadRace, { told }: Extract<RacePlace, { in: 'race' }>): string | null {
  const texts = told.map((name) => singleSpaced(toldText(raw[name], name)));
  return texts.find((text) => text !== null) ?? null;
}

/** The first start and the last end. */
function spanOf({ zone }: ReadRace, edition: readonly ReadEvent[]) {
  const starts = edition
    .map(({ start }) => start)
    .toSorted((left, right) => Temporal.PlainDateTime.compare(left, right));
  const ends = edition
    .flatMap(({ end }) => end ?? [])
    .toSorted((left, right) => Temporal.PlainDateTime.compare(left, right));
  const [first, last, end] = [starts[0], starts.at(-1), ends.at(-1)];
  return {
    first: first === undefined ? undefined : formatMinute(atWall(first, zone)),
    // Ends are optional at RunSignup: an end before the last start means that the last event has none.
    last:
      last === undefined || end === undefined || Temporal.PlainDateTime.compare(end, last) < 0
        ? undefined
        : formatMinute(atWall(end, zone)),
  };
}

/** A RunSignup event's content for an EMS race. A distance in an unknown form is left out. */
export function raceContent({ zone }: ReadRace, { raw }: ReadEvent): Content {
  const read = eventPlaces.map(([field, { name, form }]) => {
    return [field, EVENT_FORMS[form].read(toldText(raw[name], name), zone)] as const;
  });
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** @param remoteId the id it is linked by, with or without its edition. */
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

/** @param parent the id its EMS event is linked by; left out: the event's own edition. */
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
