import { blemish } from './blemishes.ts';
import { after } from './calendar.ts';
import { slug } from './contact-details.ts';
import type { PlannedEvent, PlannedRace } from './programme.ts';
import { int } from './rng.ts';
import type { Rng } from './rng.ts';
import type { EventRow, RaceRow, StartGroupRow } from './rows.ts';

/** A race with its rows. */
export interface StagedRace {
  readonly plan: PlannedRace;
  readonly row: RaceRow;
  readonly startGroups: readonly StartGroupRow[];
}

/** An event with its rows. */
export interface StagedEvent {
  readonly plan: PlannedEvent;
  readonly row: EventRow;
  readonly races: readonly StagedRace[];
}

export interface EventStamps {
  readonly event: () => string;
  readonly race: () => string;
  readonly start_group: () => string;
}

/**
 * Creates the rows of the events, their races and start waves; each wave starts some minutes after the previous one.
 */
export function stageEvents(
  rng: Rng,
  programme: readonly PlannedEvent[],
  size: number,
  stamps: EventStamps,
): readonly StagedEvent[] {
  let races = 0;
  let startGroups = 0;

  const stageRace = (plan: PlannedRace, eventId: number, currency: string): StagedRace => {
    races += 1;
    const row: RaceRow = {
      id: races,
      modified_on: stamps.race(),
      event_id: eventId,
      name: plan.name,
      discipline: plan.discipline,
      distance_m: plan.metres,
      starts_on: plan.startsOn,
      capacity: races % 6 === 0 ? null : Math.max(200, size),
      fee_minor: plan.feeMinor,
      currency: plan.feeMinor === null ? null : currency,
    };
    const groups = plan.waves.map((name, index): StartGroupRow => {
      startGroups += 1;
      return {
        id: startGroups,
        modified_on: stamps.start_group(),
        race_id: row.id,
        name,
        sequence: index + 1,
        starts_on: startGroups % 11 === 0 ? null : after(plan.startsOn, index * int(rng, 5, 10)),
        capacity: startGroups % 7 === 0 ? null : Math.max(50, Math.ceil(size / plan.waves.length)),
      };
    });
    return { plan, row, startGroups: groups };
  };

  return programme.map((plan, index): StagedEvent => {
    const row: EventRow = {
      id: index + 1,
      modified_on: stamps.event(),
      organisation_id: plan.organiser,
      name: plan.name,
      venue: plan.place.venue,
      city: plan.place.city,
      region: plan.place.region,
      country: plan.place.country,
      starts_on: plan.startsOn,
      ends_on: plan.endsOn,
      time_zone: plan.place.timeZone,
      status: plan.status,
      website: blemish(rng, `https://${slug(plan.name) || `event-${index + 1}`}.example/`, {
        missing: 0.2,
        padded: 0.2,
      }),
    };
    return { plan, row, races: plan.races.map((race) => stageRace(race, row.id, plan.place.currency)) };
  });
}
