import { z } from 'zod';

/** The version and setup of this ChatWoot, changed by `PUT /control/settings`. */
export const settingsSchema = z.strictObject({
  /**
   * `anchored`: the whole value must be E.164 (since August 2026). `ending` (before): it only has to end with a number,
   * so an agent's "call +351912345678" is accepted.
   */
  phoneFormat: z.enum(['anchored', 'ending']).default('anchored'),
  /** Widget inboxes whose visitors must prove their identity with a signature (`hmac_mandatory`). */
  hmacMandatory: z.array(z.int()).default([]),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;

export const defaultSettings = (): Settings => settingsSchema.parse({});
