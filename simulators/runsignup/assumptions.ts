import { z } from 'zod';

/**
 * The behaviour that this simulator assumes where the vendor documents none; all in one place, changed by `PUT
 * /control/assumptions`. Where there was a choice, the default is the harder one for a client.
 */
export const assumptionsSchema = z.strictObject({
  // --- writing participants ---
  /** Personal data beside `user` instead of inside it: silently ignored, or accepted as if inside. */
  flatPersonalDataAre: z.enum(['ignored', 'taken']).default('ignored'),
  /** A call whose form lacks `restrict_potential_dup` is error 3. False: a missing value counts as "F". */
  restrictPotentialDupIsRequired: z.boolean().default(true),
  /** An edit through the API updates `last_modified`, so a client's own write comes back in its next poll. */
  apiEditsBumpLastModified: z.boolean().default(true),
  /** An edit that changes nothing does the same. */
  sameEditBumpsLastModified: z.boolean().default(true),
  /** Personal data belong to the user: changing them updates `last_modified` of each registration of that user. */
  userEditBumpsAllRegistrations: z.boolean().default(true),
  /** Adding the same participant again creates another registration with a new user. False: returns the first. */
  repeatedAddMakesAnother: z.boolean().default(true),
  /** A refused call keeps the entries before the refused one. False: it changes nothing. */
  refusedCallKeepsEarlierEntries: z.boolean().default(false),
  /** Maximum entries per call; more is error 11. Null: no limit. */
  maxParticipantsPerCall: z.int().min(1).nullable().default(null),
  /** Participants added through the API are marked as imported and may therefore be deleted through it. */
  addedAreImported: z.boolean().default(true),
  /** A bib that another active registration of the event has is error 115. False: both keep it. */
  refuseDuplicateBibs: z.boolean().default(false),

  // --- normalisation of values ---
  /** A non-US phone number is error 120. False: stored as sent. */
  refuseForeignPhones: z.boolean().default(false),
  /** Surrounding white space of texts is removed. */
  trimTexts: z.boolean().default(true),
  /** E-mails are lower-cased. */
  lowerCaseEmails: z.boolean().default(false),
  /** Scripts and event handlers are removed from a race's description. */
  sanitiseDescriptions: z.boolean().default(true),
  /**
   * How bibs and all-digit chips are returned; mixed: as numbers for even registration ids, as strings for odd ones.
   */
  numbersComeAs: z.enum(['number', 'string', 'mixed']).default('mixed'),
  /** Personal data that a key may not see: the property is missing, or it is null. */
  withheldComesAs: z.enum(['missing', 'null']).default('missing'),

  // --- reading ---
  /** An empty list is left out of its answer. False: it is included. */
  emptyListsAreLeftOut: z.boolean().default(true),
  /** A page size above the maximum is error 3. False: it is silently reduced to the maximum. */
  refuseOversizedPages: z.boolean().default(true),
  /** The order of rows if `page` is used without `sort`. */
  defaultSort: z.enum(['registration_id', 'last_name', 'last_modified']).default('last_name'),
  /** `modified_since` (Unix seconds) works on /races, according to one third party. False: it is ignored. */
  racesKnowModifiedSince: z.boolean().default(false),
  /** removed-participants is condensed unless `condensed_format` says otherwise. */
  removedCondensedByDefault: z.boolean().default(true),

  // --- writing races ---
  /** Where preserve_missing_events and allow_past_event_creation are read from. */
  raceFlagsIn: z.enum(['query', 'body', 'either']).default('query'),
  /** The answer to a race write contains its events' ids beside the race's. */
  raceAnswerNamesEvents: z.boolean().default(false),
  /** An edit of a race updates `last_modified` even if only events changed. */
  eventEditBumpsRace: z.boolean().default(true),

  // --- corrals ---
  /** What `GET corrals` returns of a corral beside its id: the name, or everything. */
  corralsTell: z.enum(['name', 'all']).default('name'),
});

export type Assumptions = z.output<typeof assumptionsSchema>;
export type AssumptionSettings = z.input<typeof assumptionsSchema>;

export const defaultAssumptions = (): Assumptions => assumptionsSchema.parse({});

/*
 * Assumptions that cannot be changed:
 * - A participant write returns the ids in the order of the request. An error other than 514 and 515 refuses the call. If a team
 *   refuses an entry, nothing of the entry is kept, and its answer contains the error and its registration_id.
 * - With `restrict_potential_dup=T`, an added participant whose user has the same names and e-mail as another one in the event is
 *   refused with 517; `error_details` is next to the code in `error`.
 * - 514: the event has no such team; 515: the team is closed.
 * - Safe Sync refuses an entry that contains personal data, even if they are unchanged.
 * - A registration of another event is error 15. Personal data of an inactive registration can be edited.
 * - A deletion through the API enters the feed as "removed"; one that is not allowed is error 7 and deletes nothing.
 * - A transferred or deferred registration leaves its bib, chip and team behind.
 * - A race edit with only new events is a renewal, with or without preserve_missing_events; the older events stay.
 * - A race edit resets what it leaves out: draft_race to "F", timezone to America/New_York. A `url_string` is ignored.
 * - A start in the hour skipped in spring is shifted forward; a JSON `true` is not "T".
 * - A caller without registration is error 6. XML requests are not parsed: error 11.
 * - `after_registration_id` implies the order of registration ids. A page has 50 rows by default.
 * - `age_group` and `team_name` are properties of a participant; `giveaway_options` is one of an event.
 * - `GET corrals` wraps its list as `race_corrals`, like the request. A corral's events must be of its edition (223).
 */
