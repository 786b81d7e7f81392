import { z } from 'zod';

/**
 * How this Mailchimp account is set up, and what is taken for true where nothing tells: one place, changed by
 * `PUT /control/settings`. Where a choice was free, the default is the one that is harder for a client.
 */
export const settingsSchema = z.strictObject({
  // --- known, but in the way of a test ---
  /** Requests that may be open at once, over the whole account; one more is 429. */
  connections: z.int().min(1).default(10),
  /** Addresses at exactly these domains "look fake or invalid". */
  refusedDomains: z.array(z.string()).default(['example.com', 'example.net']),
  /** These "signed up to a lot of lists very recently": they may not join this one until they are taken out. */
  busyAddresses: z.array(z.string()).default([]),
  /** Merge fields that the plan allows. */
  maxMergeFields: z.int().min(1).default(30),
  /** Operations in one asynchronous batch. */
  maxBatchOperations: z.int().min(1).default(1_000),
  /** How long an asynchronous batch takes from one status to the next, by the virtual clock. */
  batchStepMs: z.int().min(0).default(200),
  /** How long a `response_body_url` leads anywhere, by the virtual clock. */
  batchResultSeconds: z.int().min(1).default(600),
  /** Pauses before a webhook that failed is sent again, real milliseconds, in place of the vendor's 75 minutes. */
  webhookRetriesMs: z.array(z.int().min(0)).default([100, 200, 400, 800, 1_600]),
  /** Webhooks made from now on get a secret, and sign. */
  signWebhooks: z.boolean().default(false),

  // --- not known: consent ---
  /** Who was unsubscribed by API may be subscribed by API. */
  apiMayUndoItsUnsubscribe: z.boolean().default(true),
  /** Who was unsubscribed by a marketer may not be subscribed by API. */
  adminUnsubscribeIsCompliance: z.boolean().default(true),
  /** `status_if_new` brings an archived member back, as `status` does. */
  statusIfNewUnarchives: z.boolean().default(false),
  /** The list call takes `status_if_new`. The vendor's newest description does not name it there. */
  listCallKnowsStatusIfNew: z.boolean().default(true),

  // --- not known: identity ---
  /** Which spelling of an address is shown: the one stored first, or the one sent last. */
  emailCase: z.enum(['first', 'last']).default('first'),
  /** A PUT at a known member with another address moves it, as PATCH does. False: the address is ignored. */
  putMovesAddress: z.boolean().default(true),
  /** How the change to an address that another member has is refused. */
  takenAddressTitle: z.enum(['Member Exists', 'Invalid Resource']).default('Member Exists'),

  // --- not known: values ---
  /** Texts lose surrounding white space. */
  trimTexts: z.boolean().default(true),
  /** What a merge value of null does. */
  nullMergeValue: z.enum(['kept', 'cleared']).default('kept'),
  /** What becomes of interests and marketing permissions that the list has not. */
  unknownInterests: z.enum(['ignored', 'refused']).default('refused'),
  /** An address outside of the US needs a state, too. */
  stateRequiredAbroad: z.boolean().default(true),
  /** Tags named in a member's own write count. */
  tagsInMember: z.enum(['on-creation', 'always']).default('on-creation'),
  /** "EMS" and "ems" are one tag, spelled as it was first. */
  tagNamesIgnoreCase: z.boolean().default(true),

  // --- not known: reading and webhooks ---
  /** A date in a query that is no ISO 8601 with a zone (a `+` that was not encoded): as if it were not there, or 400. */
  unreadableDate: z.enum(['ignored', 'refused']).default('ignored'),
  /** A change of address is told as `profile`, too. */
  profileNextToUpemail: z.boolean().default(true),
  /** Archiving or erasing a subscribed member is told as `unsubscribe` with action `delete`. */
  archiveTellsUnsubscribe: z.boolean().default(true),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
