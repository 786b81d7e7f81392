import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

const milliseconds = z.int().min(0);

/**
 * Mautic's knobs. For `match`, a webhook counts as the request `POST <event>` (in queue mode that of its first event):
 * `{ prefix: 'mautic.lead_post_save' }`.
 */
export const mauticKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /** Widens the moment between the look-up of a contact and its insertion, in which another may insert the same. */
  slowCommit: knob({ ms: z.int().min(1) }),
  /** Lists, search and totals show what was so long ago; single records are always read as they are. */
  readLag: knob({ ms: milliseconds }),
  /** The API as it is out of the box: off. Also for tokens. */
  apiDisabled: knob({}),
  /** Basic authentication as it is out of the box: off. */
  basicDisabled: knob({}),
  /** So many calls an hour, by the virtual clock, and 429 from then on. The hour begins with the first of them. */
  rateLimit: knob({ limit: z.int().min(1) }),
  /** Failures of OAuth are `{error, error_description}`, not wrapped in `errors`. */
  rawOAuthErrors: knob({}),
};

export type MauticFaults = FaultSettings<typeof mauticKnobs>;
