import { z } from 'zod';

/** Which ChatWoot this is, and how its administrator has set it up: changed by `PUT /control/settings`. */
export const settingsSchema = z.strictObject({
  /**
   * `anchored`: the whole number is E.164 (since August 2026). `ending`: it only has to end as one, so an agent's "call
   * +351912345678" gets in (before).
   */
  phoneFormat: z.enum(['anchored', 'ending']).default('anchored'),
  /** Inboxes of widgets whose visitors must prove who they are with a signature (`hmac_mandatory`). */
  hmacMandatory: z.array(z.int()).default([]),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;

export const defaultSettings = (): Settings => settingsSchema.parse({});
