import { z } from 'zod';
import { type AnswersOfRoute, type Fit, type VendorAnswers, fits } from '../kit/answers.ts';

const object = z.strictObject;
const text = z.string();
const orNull = z.string().nullable();
const id = z.int().min(1);
const flag = z.enum(['T', 'F']);
/** `6/7/2027 08:30`. */
const localTime = z.string().regex(/^\d{1,2}\/\d{1,2}\/\d{4} \d{1,2}:\d{2}$/);
/** `2027-06-07 08:30:15`, only for removed registrations. */
const secondsTime = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
const localDate = z.string().regex(/^\d{1,2}\/\d{1,2}\/\d{4}$/);
/** PHP returns numbers as numbers or as texts. */
const loose = z.union([text, z.number()]).nullable();

const address = object({
  street: orNull,
  city: orNull,
  state: orNull,
  zipcode: orNull,
  country_code: orNull,
});

/** Personal data are missing, or each is null, if the key may not see them. */
const user = object({
  user_id: id,
  first_name: orNull.optional(),
  middle_name: orNull.optional(),
  last_name: orNull.optional(),
  email: orNull.optional(),
  address: address.nullable().optional(),
  dob: orNull.optional(),
  gender: z.enum(['M', 'F', 'X']).nullable().optional(),
  phone: orNull.optional(),
  profile_image_url: orNull.optional(),
});

const participantFields = {
  user,
  registration_id: id,
  event_id: id,
  rsu_transaction_id: z.int().nullable(),
  transaction_id: orNull,
  bib_num: loose,
  chip_num: loose,
  age: z.int().nullable(),
  age_group: orNull,
  registration_date: localTime,
  team_id: z.int().nullable(),
  team_name: orNull,
  giveaway: orNull,
  last_modified: z.int(),
  race_fee: text,
  imported: flag.optional(),
};

const removalFields = {
  registration_id: id,
  removed_reason: orNull,
  new_registration_id: z.int().nullable(),
  registration_date: secondsTime,
  last_modified: secondsTime,
  last_modified_ts: z.int(),
};
const removed = z.union([object(removalFields), object({ ...participantFields, ...removalFields })]);

const event = object({
  event_id: id,
  race_event_days_id: id,
  name: text,
  details: orNull,
  start_time: localTime,
  end_time: localTime.nullable(),
  event_type: text,
  distance: orNull,
  volunteer: flag,
  giveaway_options: z.array(object({ giveaway: text })).optional(),
});

const race = object({
  race_id: id,
  name: text,
  last_date: localDate.nullable(),
  next_date: localDate.nullable(),
  is_draft_race: flag,
  is_private_race: flag,
  is_registration_open: flag,
  created: localTime,
  last_modified: localTime,
  description: orNull,
  url: text,
  external_race_url: orNull,
  address,
  timezone: text,
  logo_url: orNull,
  race_event_days: z.array(object({ race_event_days_id: id, start_date: localDate, end_date: localDate })).optional(),
  events: z.array(event).optional(),
});

const corral = object({
  race_corral_id: id,
  corral_name: text,
  corral_start_desc: orNull.optional(),
  corral_desc: orNull.optional(),
  applicable_event_ids: z.array(id).optional(),
  sort_order: z.int().nullable().optional(),
});

const error = object({
  error: object({
    error_code: z.int(),
    error_msg: text,
    error_details: z.array(object({ error_code: z.int(), error_msg: text, detailed_desc: text })).optional(),
  }),
});

/** XML, returned if `format=json` is missing. */
const xml = z.string().startsWith('<?xml');

/** Errors, too, have status 200, and any empty list is left out. */
const ok = (schema: z.ZodType): AnswersOfRoute => {
  const [success, refusal] = [fits(schema), fits(z.union([error, xml]))];
  const fit: Fit = (body, path) => (refusal(body, path) === undefined ? undefined : success(body, path));
  return { 200: fit };
};

/** A refused entry reports its error in its own place. */
const entry = object({ registration_id: id.optional(), error: error.shape.error.optional() });
const written = object({ participants: z.array(entry).optional() });
const participants = z.array(object(participantFields)).optional();
const ofRace = '/race/:raceId(^\\d+$)';

const routes: Readonly<Record<string, AnswersOfRoute>> = {
  'GET /races': ok(object({ races: z.array(object({ race })).optional() })),
  [`GET ${ofRace}`]: ok(object({ race })),
  'GET /user/:userId(^\\d+$)': ok(object({ user })),
  [`GET ${ofRace}/participants`]: ok(
    z.array(
      object({
        event: object({ event_id: id, name: text, participants: z.array(z.never()).optional() }),
        participants,
      }),
    ),
  ),
  [`GET ${ofRace}/removed-participants`]: ok(
    z.array(object({ event: object({ event_id: id, participants: z.array(removed).optional() }) })),
  ),
  [`POST ${ofRace}/participants`]: ok(written),
  [`POST ${ofRace}/delete-participants`]: ok(written),
  [`GET ${ofRace}/corrals`]: ok(object({ race_corrals: z.array(corral).optional() })),
  'POST /race': ok(object({ race_id: id, events: z.array(object({ event_id: id, name: text })).optional() })),
  'POST /v2/corrals/manage-corrals.json': ok(object({ race_corral_ids: z.array(id).optional() })),
  // An unknown path or method is an error like any other.
  ...Object.fromEntries(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [`${method} `, ok(z.never())])),
};

/** What RunSignup answers, according to its documentation and public clients. */
export const runSignupAnswers: VendorAnswers = { routes, refusals: fits(z.union([error, xml])) };
