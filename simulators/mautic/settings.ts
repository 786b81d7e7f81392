import { z } from 'zod';

/**
 * How this Mautic is set up, and what is taken for true where nothing tells: one place, changed by
 * `PUT /control/settings`. Where a choice was free, the default is the one that is harder for a client.
 */
export const settingsSchema = z.strictObject({
  // --- set up by an administrator ---
  /** Of two contacts with one identifier, "4" makes one; "5" refuses with 422 whoever writes it. */
  version: z.enum(['4', '5']).default('5'),
  /** Of tokens handed out from now on, seconds. */
  accessTokenSeconds: z.int().min(1).default(3_600),
  refreshTokenSeconds: z
    .int()
    .min(1)
    .default(14 * 86_400),
  /** A webhook leaves at once, one event in each, and is lost on failure; or waits for the cron, ten events in each. */
  webhookMode: z.enum(['immediate', 'queue']).default('immediate'),
  /** In immediate mode a webhook is sent inside the API call that caused it, which waits for the answer, however long that takes. */
  webhooksInsideCalls: z.boolean().default(true),
  /** How often the cron runs in queue mode, real milliseconds; null = only by `POST /control/webhooks/process`. */
  cronMs: z.int().min(10).nullable().default(500),
  /** How several unique identifiers are looked up: any of them matches, or all must. */
  uniqueIdentifiersOperator: z.enum(['OR', 'AND']).default('OR'),
  /** The most that a text field takes that was made with no limit of its own; null: 64 in version 5, 191 in version 4. */
  textLength: z.int().min(1).max(191).nullable().default(null),
  /** How long a total is kept, seconds; 0 = not at all. */
  totalSeconds: z.int().min(0).default(5),

  // --- not known ---
  /** A change of do-not-contact moves `dateModified`, and is told as an update of the contact. */
  doNotContactBumpsDateModified: z.boolean().default(true),
  /** So does a change of tags. */
  tagsBumpDateModified: z.boolean().default(true),
  /** So does a change of segments. */
  segmentsBumpDateModified: z.boolean().default(false),
  /** Of two contacts that become one, the do-not-contact records of the one that goes are kept. */
  mergeKeepsDoNotContact: z.boolean().default(false),
  /** A mail that came back stays on record when somebody adds another reason. */
  bounceSurvivesAdd: z.boolean().default(false),
  /** What a field of type region (`state`) takes: anything, or only what Mautic lists. */
  regions: z.enum(['listed', 'any']).default('listed'),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;

export const defaultSettings = (): Settings => settingsSchema.parse({});
