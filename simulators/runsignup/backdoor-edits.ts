import { z } from 'zod';

const id = z.int().min(1);
const text = z.string().min(1);
const nullableText = text.nullable();

const address = z.strictObject({
  street: nullableText,
  city: nullableText,
  state: nullableText,
  zipcode: nullableText,
  country_code: nullableText,
});

/** `YYYY-MM-DDTHH:MM`, in the race's zone. */
const wallTime = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/);

const userFields = z.strictObject({
  account: z.boolean(),
  firstName: nullableText,
  middleName: nullableText,
  lastName: nullableText,
  email: nullableText,
  /** Only the parts given are changed. */
  address: address.partial(),
  dob: z.iso.date().nullable(),
  gender: z.enum(['M', 'F', 'X']).nullable(),
  phone: nullableText,
  profileImageUrl: nullableText,
});

const raceFields = z.strictObject({
  name: text,
  urlString: text,
  draft: z.boolean(),
  private: z.boolean(),
  registrationOpen: z.boolean(),
  description: nullableText,
  externalUrl: nullableText,
  logoUrl: nullableText,
  contactEmail: nullableText,
  timezone: text,
  address: address.partial(),
});

const eventFields = z.strictObject({
  name: text,
  details: nullableText,
  start: wallTime,
  end: wallTime.nullable(),
  eventType: text,
  distance: nullableText,
  volunteer: z.boolean(),
  giveaways: z.array(text),
});

const registrationFields = z.strictObject({
  bib: nullableText,
  chip: nullableText,
  age: z.int().nullable(),
  ageGroup: nullableText,
  teamId: id.nullable(),
  giveaway: nullableText,
  imported: z.boolean(),
  feeCents: z.int().min(0),
});

const newEvent = eventFields.partial().required({ name: true, start: true });

/** What a human does at RunSignup itself, for tests and demonstrations. */
export const backdoorEdit = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('create-user'), user: userFields.partial() }),
  z.strictObject({ do: z.literal('edit-user'), userId: id, set: userFields.partial() }),
  z.strictObject({
    do: z.literal('create-race'),
    race: raceFields.partial().required({ name: true }),
    events: z.array(newEvent).default([]),
  }),
  z.strictObject({ do: z.literal('edit-race'), raceId: id, set: raceFields.partial() }),
  z.strictObject({ do: z.literal('create-event'), raceId: id, event: newEvent }),
  z.strictObject({ do: z.literal('edit-event'), eventId: id, set: eventFields.partial() }),
  z.strictObject({ do: z.literal('delete-event'), eventId: id }),
  z.strictObject({ do: z.literal('create-team'), eventId: id, name: text, closed: z.boolean().default(false) }),
  /** Creates a registration for an existing or a new user. */
  z.strictObject({
    do: z.literal('register'),
    eventId: id,
    userId: id.optional(),
    user: userFields.partial().optional(),
    set: registrationFields.partial().default({}),
  }),
  z.strictObject({ do: z.literal('edit-registration'), registrationId: id, set: registrationFields.partial() }),
  /** Moves the registration to another event: the old one is removed, a new one replaces it. */
  z.strictObject({ do: z.literal('transfer'), registrationId: id, eventId: id }),
  /** Defers to a later edition or, without an event, to one that does not exist yet. */
  z.strictObject({ do: z.literal('defer'), registrationId: id, eventId: id.optional() }),
  z.strictObject({
    do: z.literal('remove'),
    registrationId: id,
    reason: z.enum(['cleared', 'removed']).default('removed'),
  }),
]);

export type ParsedEdit = z.output<typeof backdoorEdit>;
export type BackdoorEdit = z.input<typeof backdoorEdit>;

/** What each edit returns: the ids it created or changed. */
export interface BackdoorAnswers {
  readonly 'create-user': { readonly userId: number };
  readonly 'edit-user': { readonly userId: number };
  readonly 'create-race': { readonly raceId: number; readonly eventIds: readonly number[] };
  readonly 'edit-race': { readonly raceId: number };
  readonly 'create-event': { readonly eventId: number };
  readonly 'edit-event': { readonly eventId: number };
  readonly 'delete-event': { readonly eventId: number };
  readonly 'create-team': { readonly teamId: number };
  readonly register: { readonly registrationId: number; readonly userId: number };
  readonly 'edit-registration': { readonly registrationId: number };
  readonly transfer: { readonly registrationId: number; readonly newRegistrationId: number };
  readonly defer: { readonly registrationId: number; readonly newRegistrationId: number | null };
  readonly remove: { readonly registrationId: number };
}
