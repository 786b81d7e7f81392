import { z } from 'zod';

/**
 * The setup of this Mailchimp account, and the behaviour assumed where the vendor documents none; all in one place,
 * changed by `PUT /control/settings`. Where there was a choice, the default is the harder one for a client.
 */
export const settingsSchema = z.strictObject({
  // --- documented, but inconvenient for tests ---
  /** Concurrent requests for the whole account; one more gets a 429. */
  connections: z.int().min(1).default(10),
  /** Addresses at these domains are refused as "fake or invalid". */
  refusedDomains: z.array(z.string()).default(['example.com', 'example.net']),
  /** Addresses refused as "signed up to a lot of lists very recently", until they are removed here. */
  busyAddresses: z.array(z.string()).default([]),
  /** Merge fields allowed by the plan. */
  maxMergeFields: z.int().min(1).default(30),
  /** Operations in one asynchronous batch. */
  maxBatchOperations: z.int().min(1).default(1_000),
  /** Time from one status of an asynchronous batch to the next, by the virtual clock. */
  batchStepMs: z.int().min(0).default(200),
  /** How long a `response_body_url` stays valid, by the virtual clock. */
  batchResultSeconds: z.int().min(1).default(600),
  /** Pauses before each retry of a failed webhook, in real milliseconds; the vendor takes 75 minutes. */
  webhookRetriesMs: z.array(z.int().min(0)).default([100, 200, 400, 800, 1_600]),
  /** New webhooks get a secret and sign. */
  signWebhooks: z.boolean().default(false),

  // --- unknown: consent ---
  /** The API may subscribe a member that the API unsubscribed. */
  apiMayUndoItsUnsubscribe: z.boolean().default(true),
  /** The API may not subscribe a member that a marketer unsubscribed. */
  adminUnsubscribeIsCompliance: z.boolean().default(true),
  /** `status_if_new` restores an archived member, as `status` does. */
  statusIfNewUnarchives: z.boolean().default(false),
  /** The list call accepts `status_if_new`. The vendor's newest description does not mention it there. */
  listCallKnowsStatusIfNew: z.boolean().default(true),

  // --- unknown: identity ---
  /** Which spelling of an address is shown: the first or the latest. */
  emailCase: z.enum(['first', 'last']).default('first'),
  /**
   * A PUT with another address for a known member changes the address, as PATCH does. False: the address is ignored.
   */
  putMovesAddress: z.boolean().default(true),
  /** The title of the refusal when another member has the new address. */
  takenAddressTitle: z.enum(['Member Exists', 'Invalid Resource']).default('Member Exists'),

  // --- unknown: values ---
  /** Surrounding white space of texts is removed. */
  trimTexts: z.boolean().default(true),
  /** What null for a merge field does. */
  nullMergeValue: z.enum(['kept', 'cleared']).default('kept'),
  /** What happens to interests and marketing permissions unknown to the list. */
  unknownInterests: z.enum(['ignored', 'refused']).default('refused'),
  /** Addresses outside the US need a state, too. */
  stateRequiredAbroad: z.boolean().default(true),
  /** When tags in a member write count. */
  tagsInMember: z.enum(['on-creation', 'always']).default('on-creation'),
  /** "EMS" and "ems" are the same tag, shown in the first spelling. */
  tagNamesIgnoreCase: z.boolean().default(true),

  // --- unknown: reading and webhooks ---
  /**
   * A query date that is not ISO 8601 with a zone (for example a `+` that was not encoded): ignored, or refused with
   * 400.
   */
  unreadableDate: z.enum(['ignored', 'refused']).default('ignored'),
  /** A change of address also sends `profile`. */
  profileNextToUpemail: z.boolean().default(true),
  /** Archiving or erasing a subscribed member sends `unsubscribe` with action `delete`. */
  archiveTellsUnsubscribe: z.boolean().default(true),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
