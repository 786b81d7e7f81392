import { SyncError } from '../../sync/sync-error.ts';
import { placeOf } from '../answer.ts';
import { raceEvent, type Race } from './answers.ts';
import { atWall, EASTERN, parseWallMinutes } from './times.ts';

/** An event of a race, with its local times. */
export interface ReadEvent {
  readonly eventId: string;
  /** The edition of the race it belongs to. */
  readonly daysId: string;
  readonly name: string;
  readonly start: Temporal.PlainDateTime;
  readonly end: Temporal.PlainDateTime | null;
  /** A volunteer shift, not a race. */
  readonly volunteer: boolean;
  /** Unparsed; `race-fields.ts` declares what is read of it. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface MalformedEvent {
  readonly eventId: string | null;
  readonly field: string;
}

export interface ReadRace {
  readonly raceId: string;
  readonly zone: string;
  /** RFC 3339, to the minute, as RunSignup returns it. */
  readonly modifiedOn: string | null;
  readonly events: readonly ReadEvent[];
  readonly malformed: readonly MalformedEvent[];
  /** Unparsed; `event-fields.ts` declares what is read of it, and all of it is written back. */
  readonly raw: Race;
}

/** @throws SyncError of class `contract` if the race itself is invalid; its events are parsed separately. */
export function readRace(raw: Race): ReadRace {
  const what = `race/${raw.race_id}`;
  const events = raw.events.map(readEvent);
  return {
    raceId: raw.race_id,
    zone: fits(`${what} (timezone)`, () => Temporal.Now.zonedDateTimeISO(raw.timezone).timeZoneId),
    modifiedOn: fits(`${what} (last_modified)`, () =>
      raw.last_modified ? atWall(parseWallMinutes(raw.last_modified), EASTERN).toString() : null,
    ),
    events: events.filter((event): event is ReadEvent => !('field' in event)),
    malformed: events.filter((event) => 'field' in event),
    raw,
  };
}

/**
 * The events of an edition, without volunteer shifts.
 *
 * @param daysId null: the newest edition.
 */
export function editionOf({ events }: ReadRace, daysId: string | null): ReadEvent[] {
  const edition = daysId ?? newestOf(events)?.daysId;
  return events.filter((event) => event.daysId === edition && !event.volunteer);
}

/** The ids of all its events, including invalid ones. */
export function eventIdsOf({ events, malformed }: ReadRace): string[] {
  return [...events, ...malformed].flatMap(({ eventId }) => eventId ?? []);
}

function newestOf(events: readonly ReadEvent[]): ReadEvent | undefined {
  return events.toSorted((left, right) => Temporal.PlainDateTime.compare(right.start, left.start))[0];
}

function readEvent(row: unknown): ReadEvent | MalformedEvent {
  const parsed = raceEvent.safeParse(row);
  if (!parsed.success) return { eventId: rawEventId(row), field: placeOf(raceEvent, parsed.error) };
  const { event_id: eventId, race_event_days_id: daysId, name, start_time: start, end_time: end } = parsed.data;
  try {
    return {
      eventId,
      daysId,
      name,
      start: parseWallMinutes(start),
      end: end ? parseWallMinutes(end) : null,
      volunteer: parsed.data.volunteer === 'T',
      raw: parsed.data,
    };
  } catch {
    return { eventId, field: 'start_time or end_time' };
  }
}

/** The id of an unparsed event; null if even that is invalid. */
export function rawEventId(row: unknown): string | null {
  const id = raceEvent.pick({ event_id: true }).safeParse(row);
  return id.success ? id.data.event_id : null;
}

function fits<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new SyncError('contract', `RunSignup's ${what} does not fit the contract`, { code: 'contract' });
  }
}
