import { z } from 'zod';
import { MOST_ITEMS } from '../answer.ts';

/** RunSignup is loosely typed: an id may be 12890 or "12890". Here it is text. */
const id = z.union([z.int().min(1), z.string().regex(/^[1-9]\d{0,14}$/)]).transform(String);

/** Bibs and chips: a number or text. A number beyond 2^53 has lost its last digits and is useless. */
const looseText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) =>
    typeof value === 'number' ? (Number.isSafeInteger(value) ? String(value) : undefined) : value,
  );

/** A text of only digits may be returned as a number. */
const text = z.union([z.string(), z.number().transform(String)]).nullish();

/** Unix seconds, up to the year 9999. */
const seconds = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,12}$/)
      .transform(Number),
  ])
  .refine((value) => value >= 0 && value < 253_402_300_800);

const errorCode = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number),
]);

export const errorEnvelope = z.looseObject({ error: z.looseObject({ error_code: errorCode }) });

const errorDetails = z.array(z.looseObject({ error_code: errorCode, detailed_desc: z.unknown() }));

/** The details of an error: beside its code, or without one; which of them is not documented. */
export const detailedError = z.union([
  z
    .looseObject({ error: z.looseObject({ error_details: errorDetails }) })
    .transform(({ error }) => error.error_details),
  z.looseObject({ error_details: errorDetails }).transform(({ error_details }) => error_details),
]);

/**
 * Every property may be missing or null if the key may not see personal data. `person-fields.ts` declares which are
 * read, and how.
 */
export const user = z.looseObject({
  user_id: id,
  // PHP may encode an empty object as an empty list.
  address: z.looseObject({}).nullish().catch(undefined),
});

export const participant = z.looseObject({
  user,
  registration_id: id,
  bib_num: looseText,
  chip_num: looseText,
  age_group: text,
  team_id: z.union([z.int(), z.string()]).nullish(),
  team_name: text,
  registration_date: text,
  last_modified: seconds,
});

export const removedParticipant = z.looseObject({
  user: user.nullish().catch(undefined),
  registration_id: id,
  removed_reason: z.string(),
  new_registration_id: id.nullish(),
  bib_num: looseText,
  chip_num: looseText,
  last_modified: text.catch(undefined),
  last_modified_ts: seconds.nullish(),
});

/**
 * Elements are parsed one by one, so that an invalid one does not affect the others. RunSignup leaves out an empty
 * list.
 */
const list = z
  .array(z.unknown())
  .max(MOST_ITEMS)
  .nullish()
  .transform((elements) => elements ?? []);

/** The `participants` inside `event` are always empty; those beside it count. */
export const participantsPage = z.array(z.looseObject({ event: z.looseObject({ event_id: id }), participants: list }));

/** Here they are inside `event`. */
export const removedPage = z.array(z.looseObject({ event: z.looseObject({ event_id: id, participants: list }) }));

export const race = z.looseObject({
  race: z.looseObject({
    race_id: id,
    name: z.string(),
    last_modified: text,
    url: text,
    external_race_url: text,
    timezone: z.string(),
    events: list,
  }),
});

export const raceEvent = z.looseObject({
  event_id: id,
  race_event_days_id: id,
  name: z.string(),
  start_time: z.string(),
  end_time: text,
  distance: text,
  volunteer: text,
});

export const userAnswer = z.looseObject({ user });

/**
 * The success body of writes is not documented: anything but an error is accepted, and reading back verifies the rest.
 */
export const writeAnswer = z.unknown();

/** The known part of the answer to one entry of a participant write. */
export const writtenEntries = z.looseObject({ participants: list });

export const corralAnswer = z.looseObject({ race_corral_ids: z.array(id) });

/** Only id and name are always present. */
const corral = z
  .looseObject({
    race_corral_id: id,
    corral_name: text,
    name: text,
    corral_start_desc: text,
    corral_desc: text,
    applicable_event_ids: z.array(id).nullish(),
    sort_order: z.union([z.int(), z.string().transform(Number)]).nullish(),
  })
  .refine(({ corral_name, name }) => corral_name !== undefined || name !== undefined);

/** How the list is wrapped is not documented: it is the answer itself, or the only list in it. */
export const corralList = z
  .union([
    z.array(z.unknown()),
    z.looseObject({}).transform((answer, context) => {
      const lists = Object.values(answer).filter((value) => Array.isArray(value));
      if (lists.length > 1) context.addIssue({ code: 'custom', message: 'several lists' });
      return lists[0] ?? [];
    }),
  ])
  .pipe(z.array(corral));

export type User = z.infer<typeof user>;
export type Participant = z.infer<typeof participant>;
export type RemovedParticipant = z.infer<typeof removedParticipant>;
export type Corral = z.infer<typeof corral>;
export type Race = z.infer<typeof race>['race'];
export type RaceEvent = z.infer<typeof raceEvent>;
