import { createEntries } from './entries.ts';
import { stageEvents } from './events.ts';
import type { StagedEvent } from './events.ts';
import { inventConversations, inventPreferences } from './correspondence.ts';
import { inventOrganisations } from './clubs.ts';
import { addImpossibleRows } from './impossible-rows.ts';
import { createLocales } from './locales.ts';
import { createPeople } from './people.ts';
import type { PersonDraft } from './people.ts';
import { planProgramme } from './programme.ts';
import { chance, createRng, int, pick, sample } from './rng.ts';
import type { Rng } from './rng.ts';
import type { OrganisationRow, PersonRow, RowName, Tables } from './rows.ts';
import { createStamps, toMicros } from './stamps.ts';
import { handOutTags } from './tags.ts';

export interface FederationOptions {
  readonly seed: number;
  /** Number of participants of the main event: 1 to 10,000. */
  readonly size: number;
  /** The sample's current moment, RFC 3339: decides what is past, what is ahead and how old people are. */
  readonly now: string;
  /** Adds a few rows that TagServer can never accept (`Federation.impossible` lists them). */
  readonly withImpossible?: boolean;
}

export interface Federation {
  readonly tables: Tables;
  /** The main event, which everybody takes part in. */
  readonly mainEventId: number;
  /** Rows that pass TagServer's filter but that it refuses; they have no dependents. Empty unless requested. */
  readonly impossible: readonly RowName[];
}

/** The persons by role: participants first, then those who only entered unpublished events, then the rest. */
interface Populace {
  readonly participants: readonly PersonRow[];
  readonly outsiders: readonly PersonRow[];
  readonly everybody: readonly PersonRow[];
}

function populate(
  rng: Rng,
  options: { readonly size: number; readonly today: Temporal.PlainDate },
  locales: ReturnType<typeof createLocales>,
  organisations: readonly OrganisationRow[],
  stamp: () => string,
): Populace {
  const { size, today } = options;
  const people = createPeople(rng, locales, today);
  const clubs = organisations.filter(({ kind }) => kind === 'club');
  const rows: PersonRow[] = [];
  const add = (drafts: readonly PersonDraft[]): void => {
    // A family belongs to the same club.
    const club = chance(rng, 0.55) ? pick(rng, clubs).id : null;
    for (const draft of drafts)
      rows.push({ id: rows.length + 1, modified_on: stamp(), ...draft, organisation_id: club });
  };

  while (rows.length < size) {
    const number = rows.length + 1;
    const members = Math.min(int(rng, 3, 5), size - rows.length);
    add(chance(rng, 0.06) && members > 2 ? people.family(number, members) : [people.single(number)]);
  }
  const participants = [...rows];
  for (let left = 4 + Math.floor(size / 50); left > 0; left -= 1) add([people.single(rows.length + 1)]);
  const outsiders = rows.slice(participants.length);
  for (let left = 3 + Math.floor(size / 250); left > 0; left -= 1) add([people.mononym(rows.length + 1)]);
  for (let left = 5 + Math.floor(size / 20); left > 0; left -= 1) add([people.single(rows.length + 1)]);
  return { participants, outsiders, everybody: rows };
}

function enterAll(
  rng: Rng,
  entries: ReturnType<typeof createEntries>,
  events: readonly StagedEvent[],
  who: Populace,
): void {
  const [main, ...others] = events;
  if (!main) throw new Error('The programme is empty: planProgramme must return the main event first.');
  for (const person of who.participants) entries.enter(person, main);
  const again = who.participants.filter(() => chance(rng, 0.05));
  for (const person of again) entries.enter(person, main);
  for (const event of others.filter(({ plan }) => plan.share > 0)) {
    const guests = Math.max(6, Math.round(who.participants.length * event.plan.share));
    for (const person of sample(rng, who.participants, guests)) entries.enter(person, event);
  }
  const hidden = others.filter(
    ({ row, plan }) => plan.share > 0 && (row.status === 'DRAFT' || row.status === 'CANCELLED'),
  );
  who.outsiders.forEach((person, index) => {
    const event = hidden[index % hidden.length];
    if (event) entries.enter(person, event);
  });
}

/**
 * A plausible sports federation: clubs, a marathon weekend and people from many countries, with the gaps and oddities
 * of real tables. Pure: the same options give the same rows, byte for byte.
 *
 * Everything that passes TagServer's filter can be delivered there, except what `withImpossible` adds. Every column
 * holds values allowed by ems-model.md; ids count from 1 in each table.
 *
 * @throws RangeError for a size outside 1 to 10,000, a seed that is not an integer, or an invalid `now`.
 */
export function generateFederation({ seed, size, now, withImpossible = false }: FederationOptions): Federation {
  if (!Number.isInteger(size) || size < 1 || size > 10_000) {
    throw new RangeError(`The size is ${size}: give a whole number of participants from 1 to 10,000.`);
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`The seed is ${seed}: give a whole number.`);
  const rng = createRng(seed);
  const moment = toMicros(now);
  const today = Temporal.Instant.from(now).toZonedDateTimeISO('UTC').toPlainDate();
  const stamps = (): (() => string) => createStamps(rng, moment);

  const locales = createLocales(rng);
  const organisations = inventOrganisations(rng, locales, size, stamps());
  const who = populate(rng, { size, today }, locales, organisations, stamps());
  const eventStamps = { event: stamps(), race: stamps(), start_group: stamps() };
  const events = stageEvents(rng, planProgramme(today), size, eventStamps);
  const entryStamps = { event_participant: stamps(), start_group_participant: stamps() };
  const entries = createEntries(rng, moment, today, entryStamps);
  enterAll(rng, entries, events, who);

  const races = events.flatMap((event) => event.races.map(({ row }) => row));
  const disciplines = new Map(races.map(({ id, discipline }) => [id, discipline]));
  const tags = handOutTags(rng, moment, entries.participants, (id) => disciplines.get(id) ?? 'RUN', stamps());
  const preferences = inventPreferences(rng, moment, who.everybody, stamps());
  const correspondence = inventConversations(rng, moment, who.everybody, stamps(), stamps());

  const tables: Tables = {
    organisation: organisations,
    person: who.everybody,
    contact_preference: preferences,
    event: events.map(({ row }) => row),
    race: races,
    start_group: events.flatMap((event) => event.races.flatMap(({ startGroups }) => startGroups)),
    event_participant: entries.participants,
    start_group_participant: entries.inStartGroups,
    tag: tags,
    conversation: correspondence.conversations,
    conversation_message: correspondence.messages,
  };
  const mainEventId = 1;
  return withImpossible
    ? { ...addImpossibleRows(tables, mainEventId), mainEventId }
    : { tables, mainEventId, impossible: [] };
}
