import { z } from 'zod';

/**
 * Everything the vendor leaves unknown, and what this simulator takes for true: one place, changed by
 * `PUT /control/assumptions`. Where a choice was free, the default is the one that is harder for a client.
 */
export const assumptionsSchema = z.strictObject({
  // --- writing participants ---
  /** An edit through the API moves `last_modified`: a client's own write comes back in its next poll. */
  apiEditsBumpLastModified: z.boolean().default(true),
  /** So does an edit that changes nothing. */
  sameEditBumpsLastModified: z.boolean().default(true),
  /** Personal data belong to the user: changing them moves `last_modified` of each registration of that user. */
  userEditBumpsAllRegistrations: z.boolean().default(true),
  /** Adding the same participant again makes another registration, with a user of its own. False: answers the first. */
  repeatedAddMakesAnother: z.boolean().default(true),
  /** A refused call keeps what stood before the refused entry. False: it changes nothing at all. */
  refusedCallKeepsEarlierEntries: z.boolean().default(false),
  /** Entries in one call; more is error 11. Null: no limit. */
  maxParticipantsPerCall: z.int().min(1).nullable().default(null),
  /** What comes in through the API is marked as imported, and so may be deleted through it. */
  addedAreImported: z.boolean().default(true),
  /** A bib that another active registration of the event wears is error 115. False: both wear it. */
  refuseDuplicateBibs: z.boolean().default(false),

  // --- what is done to values ---
  /** A phone number that is no US one is error 120. False: kept as sent. */
  refuseForeignPhones: z.boolean().default(false),
  /** Texts lose surrounding white space. */
  trimTexts: z.boolean().default(true),
  /** E-mails become lower case. */
  lowerCaseEmails: z.boolean().default(false),
  /** Scripts and event handlers are taken out of a race's description. */
  sanitiseDescriptions: z.boolean().default(true),
  /** How bibs and all-digit chips come out; mixed: as numbers for even registration ids, as strings for odd ones. */
  numbersComeAs: z.enum(['number', 'string', 'mixed']).default('mixed'),
  /** Personal data that a key may not see: the property is missing, or it is there and null. */
  withheldComesAs: z.enum(['missing', 'null']).default('missing'),

  // --- reading ---
  /** More per page than allowed is error 3. False: the page is cut to the maximum, without a word. */
  refuseOversizedPages: z.boolean().default(true),
  /** Where `page` is used without `sort`, rows come in this order. */
  defaultSort: z.enum(['registration_id', 'last_name', 'last_modified']).default('last_name'),
  /** `modified_since` (unix seconds) works on /races. One third party says so; false: it is ignored. */
  racesKnowModifiedSince: z.boolean().default(false),
  /** removed-participants is condensed where `condensed_format` is missing. */
  removedCondensedByDefault: z.boolean().default(true),

  // --- writing races ---
  /** Where preserve_missing_events and allow_past_event_creation are looked for. */
  raceFlagsIn: z.enum(['query', 'body', 'either']).default('query'),
  /** The answer to a race write names the ids of its events beside the race's. */
  raceAnswerNamesEvents: z.boolean().default(false),
  /** An edit of a race moves its `last_modified` also where only events changed. */
  eventEditBumpsRace: z.boolean().default(true),
});

export type Assumptions = z.output<typeof assumptionsSchema>;
export type AssumptionSettings = z.input<typeof assumptionsSchema>;

export const defaultAssumptions = (): Assumptions => assumptionsSchema.parse({});
