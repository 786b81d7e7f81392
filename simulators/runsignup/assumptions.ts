import { z } from 'zod';

/**
 * Everything the vendor leaves unknown, and what this simulator takes for true: one place, changed by
 * `PUT /control/assumptions`. Where a choice was free, the default is the one that is harder for a client.
 */
export const assumptionsSchema = z.strictObject({
  // --- writing participants ---
  /** Personal data beside `user` instead of inside it: without effect and without a word, or as good as inside. */
  flatPersonalDataAre: z.enum(['ignored', 'taken']).default('ignored'),
  /** A call without `restrict_potential_dup` in its form is error 3. False: that counts as "F". */
  restrictPotentialDupIsRequired: z.boolean().default(true),
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
  /** A list without elements is left out of its answer. False: it is there, and empty. */
  emptyListsAreLeftOut: z.boolean().default(true),
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

  // --- corrals ---
  /** What `GET corrals` tells of one beside its id: the name, or all of it. */
  corralsTell: z.enum(['name', 'all']).default('name'),
});

export type Assumptions = z.output<typeof assumptionsSchema>;
export type AssumptionSettings = z.input<typeof assumptionsSchema>;

export const defaultAssumptions = (): Assumptions => assumptionsSchema.parse({});

/*
 * Taken for true without a switch:
 * - A participant write answers the ids in order of the request. An error other than 514 and 515 refuses the call; an entry that a team
 *   refuses keeps nothing of itself, and its answer names its registration_id beside the error.
 * - With `restrict_potential_dup=T`, an added participant whose user has the names and the e-mail of another in the event is
 *   refused with 517; `error_details` stands beside the code in `error`.
 * - 514: no such team in the event; 515: the team is closed.
 * - Safe Sync refuses an entry that names personal data, also where they are the same.
 * - A registration of another event is error 15. Personal data of an inactive registration can be edited.
 * - A deletion through the API enters the feed as "removed"; one that is not allowed is error 7 and deletes nothing.
 * - A registration that is transferred or deferred leaves its bib, chip and team behind.
 * - Only new events in a race edit are a renewal, with preserve_missing_events or without; the older events stay.
 * - A race edit resets what it leaves out: draft_race to "F", timezone to America/New_York. A `url_string` is ignored.
 * - A start in the hour that spring leaves out is shifted forward; a JSON `true` is not "T".
 * - A caller without registration is error 6. XML requests are not read: error 11.
 * - `after_registration_id` implies the order of registration ids. A page has 50 rows unless told otherwise.
 * - `age_group` and `team_name` are properties of a participant; `giveaway_options` of an event.
 * - `GET corrals` wraps its list as `race_corrals`, the name of the request. A corral's events are of its edition (223).
 */
