import { z } from 'zod';

/**
 * The setup of this Mautic, and the behaviour assumed where the vendor documents none; all in one place, changed by
 * `PUT /control/settings`. Where there was a choice, the default is the harder one for a client.
 */
export const settingsSchema = z.strictObject({
  // --- set by an administrator ---
  /**
   * If two contacts have the same identifier, version 4 merges them on a write; version 5 refuses the write with 422.
   */
  version: z.enum(['4', '5']).default('5'),
  /** Lifetime of new tokens, in seconds. */
  accessTokenSeconds: z.int().min(1).default(3_600),
  refreshTokenSeconds: z
    .int()
    .min(1)
    .default(14 * 86_400),
  /**
   * Immediate: a webhook is sent at once with one event, and lost on failure. Queue: it waits for the cron and carries
   * up to ten events.
   */
  webhookMode: z.enum(['immediate', 'queue']).default('immediate'),
  /**
   * In immediate mode a webhook is sent inside the API call that caused it, and the call waits for the webhook's answer
   * without a time-out.
   */
  webhooksInsideCalls: z.boolean().default(true),
  /** Interval of the cron in queue mode, in real milliseconds; null = only on `POST /control/webhooks/process`. */
  cronMs: z.int().min(10).nullable().default(500),
  /** How several unique identifiers are looked up: any of them must match (OR), or all (AND). */
  uniqueIdentifiersOperator: z.enum(['OR', 'AND']).default('OR'),
  /** Maximum length of a text field created without its own limit; null: 64 in version 5, 191 in version 4. */
  textLength: z.int().min(1).max(191).nullable().default(null),
  /** How long a total is cached, in seconds; 0 = not cached. */
  totalSeconds: z.int().min(0).default(5),

  // --- unknown ---
  /** A change of do-not-contact updates `dateModified` and sends the contact's update webhook. */
  doNotContactBumpsDateModified: z.boolean().default(true),
  /** A change of tags does the same. */
  tagsBumpDateModified: z.boolean().default(true),
  /** A change of segments does the same. */
  segmentsBumpDateModified: z.boolean().default(false),
  /** When two contacts are merged, the loser's do-not-contact records are kept. */
  mergeKeepsDoNotContact: z.boolean().default(false),
  /** A bounce stays on record when another reason is added. */
  bounceSurvivesAdd: z.boolean().default(false),
  /** Which values a field of type region (`state`) accepts: any, or only those that Mautic lists. */
  regions: z.enum(['listed', 'any']).default('listed'),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;

export const defaultSettings = (): Settings => settingsSchema.parse({});
