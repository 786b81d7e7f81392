import { listProperty, toFlag } from './loose.ts';
import type { Race, RaceEvent } from './records.ts';
import { easternMinutes, todayIn, usDate, wallMinutes } from './times.ts';

const eventBody = (event: RaceEvent) => ({
  event_id: event.eventId,
  race_event_days_id: event.raceEventDaysId,
  name: event.name,
  details: event.details,
  start_time: wallMinutes(event.start),
  end_time: event.end === null ? null : wallMinutes(event.end),
  event_type: event.eventType,
  distance: event.distance,
  volunteer: toFlag(event.volunteer),
  ...(event.giveaways.length === 0 ? {} : { giveaway_options: event.giveaways.map((giveaway) => ({ giveaway })) }),
});

/** The editions of a race: each `race_event_days_id` with its first and last day. */
function eventDays(events: readonly RaceEvent[]) {
  const byDays = Map.groupBy(events, ({ raceEventDaysId }) => raceEventDaysId);
  return [...byDays].map(([id, ofDays]) => {
    const days = ofDays.map(({ start }) => start.slice(0, 10)).sort();
    return { race_event_days_id: id, start_date: usDate(days[0] ?? ''), end_date: usDate(days.at(-1) ?? '') };
  });
}

export interface RaceParts {
  readonly withEvents: boolean;
  readonly withEventDays: boolean;
  readonly emptyListsAreLeftOut: boolean;
  /** All of the race's events, by id. */
  readonly events: readonly RaceEvent[];
  /** The events to show. */
  readonly shown?: readonly RaceEvent[];
}

/**
 * A race as RunSignup shows it: the race's own times in US Eastern to the minute, its events' times in the race's zone.
 */
export function raceBody(race: Race, parts: RaceParts, nowSeconds: number) {
  const { events, shown = events, emptyListsAreLeftOut } = parts;
  const today = todayIn(race.timezone, nowSeconds);
  const days = events.map(({ start }) => start.slice(0, 10)).sort();
  const next = days.find((day) => day >= today);
  const last = days.findLast((day) => day < today);
  const { state, city } = race.address;
  return {
    race_id: race.raceId,
    name: race.name,
    last_date: last === undefined ? null : usDate(last),
    next_date: next === undefined ? null : usDate(next),
    is_draft_race: toFlag(race.draft),
    is_private_race: toFlag(race.private),
    is_registration_open: toFlag(race.registrationOpen),
    created: easternMinutes(race.createdAt),
    last_modified: easternMinutes(race.modifiedAt),
    description: race.description,
    url: `https://runsignup.example/Race/${state ?? 'XX'}/${(city ?? 'Nowhere').replaceAll(/[^A-Za-z]/g, '')}/${race.urlString}`,
    external_race_url: race.externalUrl,
    address: race.address,
    timezone: race.timezone,
    logo_url: race.logoUrl,
    ...(parts.withEventDays ? listProperty('race_event_days', eventDays(events), emptyListsAreLeftOut) : {}),
    ...(parts.withEvents ? listProperty('events', shown.map(eventBody), emptyListsAreLeftOut) : {}),
  };
}
