import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

const milliseconds = z.int().min(0);

/**
 * Mautic's knobs. In `match`, a webhook counts as the request `POST <event>` (in queue mode, that of its first event):
 * `{ prefix: 'mautic.lead_post_save' }`.
 */
export const mauticKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /**
   * Widens the gap between a contact's lookup and its insertion, in which another request can insert the same contact.
   */
  slowCommit: knob({ ms: z.int().min(1) }),
  /** Lists, search and totals show the state of this many milliseconds ago; reads of single records are current. */
  readLag: knob({ ms: milliseconds }),
  /** Disables the API, tokens included, as it is by default. */
  apiDisabled: knob({}),
  /** Disables basic authentication, as it is by default. */
  basicDisabled: knob({}),
  /** The limit of calls per hour by the virtual clock; further calls get a 429. The hour starts with the first call. */
  rateLimit: knob({ limit: z.int().min(1) }),
  /** OAuth failures are `{error, error_description}`, not wrapped in `errors`. */
  rawOAuthErrors: knob({}),
};

export type MauticFaults = FaultSettings<typeof mauticKnobs>;
