import { blemish } from './blemishes.ts';
import type { StagedEvent, StagedRace } from './events.ts';
import { chance, int, pick, pickWeighted } from './rng.ts';
import type { Rng } from './rng.ts';
import type { EventParticipantRow, ParticipantStatus, PersonRow, StartGroupParticipantRow } from './rows.ts';
import { fromMicros, pastMoment } from './stamps.ts';
import type { EpochMicros } from './stamps.ts';

/** Entries of persons for races, with their dependents. */
export interface Entries {
  readonly participants: EventParticipantRow[];
  readonly inStartGroups: StartGroupParticipantRow[];
  /** Enters the person for one of the event's races that suits their age, unless they already entered that race. */
  readonly enter: (person: PersonRow, event: StagedEvent) => void;
}

export interface EntryStamps {
  readonly event_participant: () => string;
  readonly start_group_participant: () => string;
}

const teams = ['Os Albatrozes', 'Team Möwe', 'Les Escargots', 'Slow & Steady', '海鳥隊', "Baker's Dozen"];

function statusOf(rng: Rng, event: StagedEvent): ParticipantStatus {
  if (event.row.status === 'DONE') return pick(rng, ['FINISHED', 'FINISHED', 'FINISHED', 'FINISHED', 'DNF', 'DNS']);
  if (chance(rng, 0.05)) return 'WITHDRAWN';
  return chance(rng, 0.35) ? 'CONFIRMED' : 'REGISTERED';
}

/** A category as registration software writes it: `W-KIDS`, `M-U23`, `X40`. */
function categoryOf(gender: PersonRow['gender'], age: number | undefined): string {
  const prefix = gender === 'F' ? 'W' : gender || 'X';
  if (age === undefined) return `${prefix}-OPEN`;
  if (age < 14) return `${prefix}-KIDS`;
  if (age < 23) return `${prefix}-U23`;
  return age < 35 ? `${prefix}-SEN` : `${prefix}${age - (age % 5)}`;
}

/** Starts an empty list of entries; `now` and `today` are the sample's moment and day. */
export function createEntries(rng: Rng, now: EpochMicros, today: Temporal.PlainDate, stamps: EntryStamps): Entries {
  const participants: EventParticipantRow[] = [];
  const inStartGroups: StartGroupParticipantRow[] = [];
  const entered = new Set<string>();
  const nextBib = new Map<number, number>();

  const ageOf = (person: PersonRow): number | undefined =>
    person.date_of_birth === null
      ? undefined
      : Temporal.PlainDate.from(person.date_of_birth).until(today, { largestUnit: 'years' }).years;

  const raceFor = (event: StagedEvent, age: number): StagedRace => {
    const open = event.races.filter(({ plan: { ages = [18, 120] } }) => age >= ages[0] && age <= ages[1]);
    const weighted = open.map((race) => ({ race, weight: race.plan.weight }));
    return pickWeighted(rng, weighted.length > 0 ? weighted : event.races.map((race) => ({ race, weight: 1 }))).race;
  };

  /** Bibs count from 1 in each race, so the same bib occurs in several races. */
  const drawBib = (raceId: number): string | null => {
    const number = (nextBib.get(raceId) ?? 0) + 1;
    nextBib.set(raceId, number);
    const roll = rng();
    if (roll < 0.06) return null;
    if (roll < 0.08) return '';
    if (number <= 5) return `ELITE-${number}`;
    if (roll < 0.1) return `${pick(rng, ['A', 'VIP', 'Ü'])}${number}`;
    return roll < 0.12 ? ` ${number} ` : String(number);
  };

  return {
    participants,
    inStartGroups,
    enter: (person, event) => {
      const age = ageOf(person);
      const race = raceFor(event, age ?? 30);
      const key = `${person.id}/${race.row.id}`;
      if (entered.has(key)) return;
      entered.add(key);
      const id = participants.length + 1;
      participants.push({
        id,
        modified_on: stamps.event_participant(),
        event_id: event.row.id,
        race_id: race.row.id,
        person_id: person.id,
        registration_no: blemish(rng, `${event.row.id}-${String(id).padStart(6, '0')}`, { padded: 0.005 }),
        bib: drawBib(race.row.id),
        category: blemish(rng, categoryOf(person.gender, age)),
        status: statusOf(rng, event),
        team_name: blemish(rng, pick(rng, teams), { missing: 0.8, empty: 0.04, padded: 0.02 }),
        registered_on: fromMicros(pastMoment(rng, now, 250)),
      });
      if (race.startGroups.length === 0 || chance(rng, 0.1)) return;
      const group = pick(rng, race.startGroups);
      inStartGroups.push({
        id: inStartGroups.length + 1,
        modified_on: stamps.start_group_participant(),
        start_group_id: group.id,
        event_participant_id: id,
        position: chance(rng, 0.3) ? null : int(rng, 1, 500),
      });
    },
  };
}
