import { SyncError } from '../../sync/sync-error.ts';
import type { Race } from './answers.ts';
import { rawEventId } from './read-race.ts';
import { formatWall, parseWallMinutes } from './times.ts';

export interface EventChange {
  /** Null: a new event. */
  readonly eventId: string | null;
  /** By RunSignup's names. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface RaceChange {
  /** The race's own fields, by RunSignup's names. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly event?: EventChange;
}

/** Properties that RunSignup returns but does not accept. `url_string` can only be set on creation. */
const RACE_READ_ONLY = [
  'race_id',
  'last_date',
  'next_date',
  'is_draft_race',
  'is_private_race',
  'is_registration_open',
  'created',
  'last_modified',
  'url',
  'url_string',
  'race_event_days',
  'events',
];

const EVENT_READ_ONLY = ['race_event_days_id'];

/**
 * The whole race as it was read, with the change applied. An edit replaces everything: what is left out becomes null,
 * and events that are left out are deleted with their registrations.
 *
 * @throws SyncError of class `contract` if an event has no valid id.
 */
export function mergedRace(race: Race, { fields, event: change }: RaceChange): Readonly<Record<string, unknown>> {
  const kept = Object.fromEntries(Object.entries(race).filter(([field]) => !RACE_READ_ONLY.includes(field)));
  const events = race.events.map((event) => mergedEvent(race.race_id, event, change));
  return {
    ...kept,
    ...('is_draft_race' in race ? { draft_race: race['is_draft_race'] } : {}),
    ...fields,
    events: change?.eventId === null ? [...events, change.fields] : events,
  };
}

function mergedEvent(
  raceId: string,
  event: unknown,
  change: EventChange | undefined,
): Readonly<Record<string, unknown>> {
  const eventId = rawEventId(event);
  if (eventId === null || typeof event !== 'object' || event === null) {
    throw new SyncError(
      'contract',
      `RunSignup's race/${raceId} has an event without an id: it cannot be edited safely`,
      {
        code: 'contract',
        field: 'event_id',
      },
    );
  }
  const kept = Object.entries(event).filter(([field]) => !EVENT_READ_ONLY.includes(field));
  return {
    ...Object.fromEntries(kept.map(([field, value]) => [field, asWritten(value)])),
    ...(change?.eventId === eventId ? change.fields : {}),
  };
}

/** Times are returned in one format and accepted in another; the wall time is the same, so no zone is needed. */
function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asWritten);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, asWritten(part)]));
  }
  if (typeof value !== 'string') return value;
  try {
    return formatWall(parseWallMinutes(value));
  } catch {
    return value;
  }
}
