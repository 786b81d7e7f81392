import type { ClientBase } from 'pg';
import type { RunSignupControl } from '../simulators/runsignup/start.ts';

/** An EMS event with registrations at RunSignup: its race there, and the race's events. */
export interface Weekend {
  /** EMS's id of the event. */
  readonly event: string;
  readonly raceId: number;
  /** By RunSignup's id of an event: EMS's id of the race. */
  readonly races: ReadonlyMap<number, string>;
}

interface EventRow {
  readonly id: string;
  readonly name: string;
  readonly website: string | null;
  readonly zone: string;
  readonly ends: string;
  readonly races: readonly RaceRow[];
}

interface RaceRow {
  readonly id: string;
  readonly name: string;
  readonly starts: string;
  readonly metres: number | null;
}

const MOST = 3;

/** Creates the first open events of EMS at RunSignup, with the same names, races and starts. */
export async function setUpWeekends(client: ClientBase, control: RunSignupControl): Promise<Weekend[]> {
  const { rows } = await client.query<EventRow>(
    `SELECT e.id::text, btrim(e.name) AS name, nullif(btrim(e.website), '') AS website, e.time_zone AS zone,
       to_json(e.ends_on) #>> '{}' AS ends,
       json_agg(json_build_object('id', r.id::text, 'name', btrim(r.name), 'starts', r.starts_on, 'metres', r.distance_m)
         ORDER BY r.starts_on, r.id) AS races
     FROM event e JOIN race r ON r.event_id = e.id WHERE e.status = 'OPEN' GROUP BY e.id ORDER BY e.id`,
  );
  const weekends: Weekend[] = [];
  for (const event of rows.filter(hasPlainTimes).slice(0, MOST)) weekends.push(await setUp(event, control));
  return weekends;
}

async function setUp({ id, name, website, zone, ends, races }: EventRow, control: RunSignupControl): Promise<Weekend> {
  const { raceId, eventIds } = await control.backdoor({
    do: 'create-race',
    race: { name, timezone: zone, externalUrl: website, draft: false },
    events: races.map((race, index) => ({
      name: race.name,
      start: wallOf(race.starts, zone),
      end: index === races.length - 1 ? wallOf(ends, zone) : null,
      distance: race.metres === null ? null : `${race.metres / 1_000}K`,
    })),
  });
  return { event: id, raceId, races: new Map(races.map((race, index) => [eventIds[index] ?? 0, race.id])) };
}

/** RunSignup writes local times without an offset, which are ambiguous when clocks are set back. */
function hasPlainTimes({ zone, ends, races }: EventRow): boolean {
  return [ends, ...races.map(({ starts }) => starts)].every((time) => {
    const minute = Temporal.Instant.from(time).round({ smallestUnit: 'minute', roundingMode: 'floor' });
    return Temporal.PlainDateTime.from(wallOf(time, zone)).toZonedDateTime(zone).toInstant().equals(minute);
  });
}

/** `2027-06-07T08:30` */
function wallOf(time: string, zone: string): string {
  return Temporal.Instant.from(time)
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute', roundingMode: 'floor' });
}
