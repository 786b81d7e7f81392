import { after, at, clockChange, saturday } from './calendar.ts';
import type { Discipline, EventStatus } from './rows.ts';

/** A race as an organiser plans it. */
export interface PlannedRace {
  readonly name: string;
  readonly discipline: Discipline;
  readonly metres: number | null;
  readonly startsOn: string;
  /** Names of the start waves, in order. */
  readonly waves: readonly string[];
  /** Relative likelihood that an adult chooses this race within the event. */
  readonly weight: number;
  readonly feeMinor: number | null;
  /** Inclusive ages; a person of unknown age counts as an adult. */
  readonly ages?: readonly [youngest: number, oldest: number];
}

/** Where an event is held; time zone (IANA) and currency (ISO 4217) are local. */
interface Place {
  readonly venue: string;
  readonly city: string;
  readonly region: string | null;
  readonly country: string;
  readonly timeZone: string;
  readonly currency: string;
}

export interface PlannedEvent {
  readonly name: string;
  readonly place: Place;
  readonly startsOn: string;
  readonly endsOn: string;
  readonly status: EventStatus;
  /** Share of the main event's participants who also take part here. */
  readonly share: number;
  readonly organiser: number | null;
  readonly races: readonly PlannedRace[];
}

const race = (
  name: string,
  discipline: Discipline,
  metres: number | null,
  startsOn: string,
  feeMinor: number | null,
  waves: readonly string[] = [],
): PlannedRace => ({ name, discipline, metres, startsOn, feeMinor, waves, weight: 1 });

const usa = { country: 'US', currency: 'USD' } as const;
const newZealand = { country: 'NZ', currency: 'NZD' } as const;

/** An event that is open for entries. */
const open = (organiser: number, share: number) => ({ status: 'OPEN', organiser, share }) as const;

/** The marathon weekend: the first event, which everybody takes part in. */
function harbourMarathon(today: Temporal.PlainDate): PlannedEvent {
  const first = saturday(today, 70, 'Europe/Lisbon');
  const waves = ['Elite', 'Wave A', 'Wave B', 'Wave C', 'Wave D'];
  return {
    name: 'Vilamar Harbour Marathon Weekend',
    place: {
      venue: 'Cais das Gaivotas',
      city: 'Vilamar',
      region: 'Costa Azul',
      country: 'PT',
      timeZone: 'Europe/Lisbon',
      currency: 'EUR',
    },
    startsOn: at(first, 0, '07:30'),
    endsOn: at(first, 1, '18:00'),
    ...open(1, 1),
    races: [
      { ...race('Harbour Marathon', 'RUN', 42_195, at(first, 1, '08:00'), 7900, waves), weight: 26 },
      { ...race('Half Marathon', 'RUN', 21_097, at(first, 1, '09:30'), 4900, waves.slice(1)), weight: 30 },
      {
        ...race('10K da Ribeira', 'RUN', 10_000, at(first, 1, '11:00'), 2500, waves.slice(1, 4)),
        weight: 20,
        ages: [14, 120],
      },
      {
        ...race('Kids’ Run', 'RUN', 1500, at(first, 0, '15:00'), 0, ['6–9 years', '10–13 years']),
        weight: 1,
        ages: [0, 13],
      },
      { ...race('Sunset Walk', 'WALK', 5000, at(first, 0, '17:30'), 1000), weight: 8, ages: [14, 120] },
      {
        ...race('Gran Fondo da Serra', 'CYCLE', 92_500, at(first, 0, '08:00'), 5500, ['06:30 Pelotão', 'Livre']),
        weight: 10,
      },
      {
        ...race('Harbour Triathlon', 'TRIATHLON', 51_500, at(first, 0, '07:30'), 8900, ['Swim 1', 'Swim 2']),
        weight: 6,
      },
    ],
  };
}

/** Races on both sides of the hour that occurs twice: the same local time at two moments. */
function longestNight(today: Temporal.PlainDate): PlannedEvent {
  const change = clockChange(today, 'Europe/Berlin', 'back');
  return {
    name: 'Lauf der längsten Nacht',
    place: {
      venue: 'Alte Werft',
      city: 'Nordhafen',
      region: 'Küstenland',
      country: 'DE',
      timeZone: 'Europe/Berlin',
      currency: 'EUR',
    },
    startsOn: after(change, -30),
    endsOn: after(change, 6 * 60),
    ...open(2, 0.06),
    races: [
      race('Halb drei, Sommerzeit', 'RUN', 10_000, after(change, -30), 1800, ['Block 1', 'Block 2']),
      race('Halb drei, Winterzeit', 'RUN', 5000, after(change, 30), 1200, ['Block 1']),
    ],
  };
}

/** One race starts a second before an hour is skipped, the next right after the gap. */
function dawnRelay(today: Temporal.PlainDate): PlannedEvent {
  const change = clockChange(today, 'America/Chicago', 'forward');
  const lastSecond = Temporal.Instant.from(change).subtract({ seconds: 1 }).toString();
  return {
    name: 'Prairie Dawn Relay',
    place: {
      venue: 'Grain Elevator Park',
      city: 'Larkfield',
      region: 'IL',
      country: 'US',
      timeZone: 'America/Chicago',
      currency: 'USD',
    },
    startsOn: lastSecond,
    endsOn: after(change, 5 * 60),
    ...open(3, 0.02),
    races: [
      race('Relay 4 x 5 mi', 'RUN', 32_187, lastSecond, 6000, ['First leg']),
      race('Sunrise 5 mi', 'RUN', 8047, change, 3000),
    ],
  };
}

/** Local dates that differ from the UTC dates, and an offset of three quarters of an hour. */
function acrossTheDateLine(today: Temporal.PlainDate): PlannedEvent[] {
  const tokyo = saturday(today, 120, 'Asia/Tokyo');
  const chatham = saturday(today, 40, 'Pacific/Chatham');
  const auckland = saturday(today, 5, 'Pacific/Auckland');
  const kathmandu = saturday(today, 90, 'Asia/Kathmandu');
  return [
    {
      name: '青波港駅伝',
      place: {
        venue: '青波港',
        city: '青波市',
        region: '東海',
        country: 'JP',
        timeZone: 'Asia/Tokyo',
        currency: 'JPY',
      },
      startsOn: at(tokyo, 1, '07:00'),
      endsOn: at(tokyo, 1, '15:00'),
      ...open(3, 0.05),
      races: [
        race('駅伝 20km', 'RUN', 20_000, at(tokyo, 1, '07:00'), 6000, ['第一組', '第二組']),
        race('港ウォーク', 'WALK', 4000, at(tokyo, 1, '08:30'), null),
      ],
    },
    {
      name: 'Midnight Mile',
      place: { ...newZealand, venue: 'Wharf Road', city: 'Te Moana', region: null, timeZone: 'Pacific/Chatham' },
      startsOn: at(chatham, 0, '23:45'),
      endsOn: at(chatham, 1, '01:00'),
      ...open(1, 0.012),
      races: [race('Midnight Mile', 'RUN', 1609, at(chatham, 0, '23:45'), 500, ['Only Wave'])],
    },
    {
      name: 'Bays Ocean Swim',
      place: { ...newZealand, venue: 'North Pier', city: 'Kahu Bay', region: 'Auckland', timeZone: 'Pacific/Auckland' },
      startsOn: at(auckland, 0, '08:00'),
      endsOn: at(auckland, 0, '13:00'),
      status: 'CLOSED',
      organiser: 3,
      share: 0.03,
      races: [race('3.8 km Swim', 'SWIM', 3800, at(auckland, 0, '08:00'), 9500, ['Yellow caps', 'Orange caps'])],
    },
    {
      name: 'Himal Pilgrim Walk',
      place: {
        venue: 'Deurali',
        city: 'Suryapokhari',
        region: 'Gandaki',
        country: 'NP',
        timeZone: 'Asia/Kathmandu',
        currency: 'NPR',
      },
      startsOn: at(kathmandu, 0, '05:30'),
      endsOn: at(kathmandu, 1, '18:00'),
      status: 'CANCELLED',
      organiser: 1,
      share: 0.02,
      races: [race('Two Day Walk', 'WALK', 38_000, at(kathmandu, 0, '05:30'), 150_000, ['Group 1'])],
    },
  ];
}

/** Past events and events not yet announced. */
function pastAndPlanned(today: Temporal.PlainDate): PlannedEvent[] {
  const newYork = saturday(today, 200, 'America/New_York');
  const london = saturday(today, -160, 'Europe/London');
  const saoPaulo = saturday(today, -45, 'America/Sao_Paulo');
  const stJohns = saturday(today, 230, 'America/St_Johns');
  return [
    {
      name: 'Lakeside Gravel & Grits',
      place: { ...usa, venue: 'Mill Pond', city: 'Ashbury', region: 'NY', timeZone: 'America/New_York' },
      startsOn: at(newYork, 0, '09:00'),
      endsOn: at(newYork, 0, '17:00'),
      status: 'DRAFT',
      organiser: 2,
      share: 0.02,
      races: [race('Gravel 100', 'CYCLE', 100_000, at(newYork, 0, '09:00'), 12_000, ['Start'])],
    },
    {
      name: 'Fenmoor Spring 10 Miles',
      place: {
        venue: 'Corn Exchange',
        city: 'Fenmoor',
        region: 'England',
        country: 'GB',
        timeZone: 'Europe/London',
        currency: 'GBP',
      },
      startsOn: at(london, 1, '10:00'),
      endsOn: at(london, 1, '14:00'),
      status: 'DONE',
      organiser: 2,
      share: 0.08,
      races: [race('10 Miles', 'RUN', 16_093, at(london, 1, '10:00'), 3200, ['Front', 'Middle', 'Back'])],
    },
    {
      name: 'Triatlo Sprint da Lagoa',
      place: {
        venue: 'Lagoa Mansa',
        city: 'Boa Ventura',
        region: 'SC',
        country: 'BR',
        timeZone: 'America/Sao_Paulo',
        currency: 'BRL',
      },
      startsOn: at(saoPaulo, 0, '06:00'),
      endsOn: at(saoPaulo, 0, '12:00'),
      status: 'DONE',
      organiser: 1,
      share: 0.04,
      races: [race('Sprint', 'TRIATHLON', 25_750, at(saoPaulo, 0, '06:00'), 28_000, ['Onda 1', 'Onda 2'])],
    },
    {
      name: 'Icebreaker 5K',
      place: {
        venue: 'Signal Cove',
        city: "Heart's Landing",
        region: 'NL',
        country: 'CA',
        timeZone: 'America/St_Johns',
        currency: 'CAD',
      },
      startsOn: at(stJohns, 0, '10:00'),
      endsOn: at(stJohns, 0, '12:00'),
      status: 'DRAFT',
      organiser: null,
      share: 0,
      races: [race('Icebreaker 5K', 'RUN', null, at(stJohns, 0, '10:00'), null)],
    },
  ];
}

/** All past, current, future and cancelled events as of `today`, the main event first. */
export function planProgramme(today: Temporal.PlainDate): readonly PlannedEvent[] {
  return [
    harbourMarathon(today),
    longestNight(today),
    dawnRelay(today),
    ...acrossTheDateLine(today),
    ...pastAndPlanned(today),
  ];
}
