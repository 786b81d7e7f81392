import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

const milliseconds = z.int().min(0);

/** Mailchimp's knobs. For `match`, a webhook counts as the request `POST <event>`: `{ prefix: 'upemail' }`. */
export const mailchimpKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /** Lists and search show what was so long ago; single members are always read as they are. */
  lag: knob({ ms: milliseconds }),
  /** Too many connections, however few there are. */
  throttle: knob({}),
  /** What comes at high volume instead of it: a status without a body. */
  bareThrottle: knob({ status: z.union([z.literal(403), z.literal(429)]).default(403) }),
  /** 503 of the network before Mailchimp: HTML, "Request Blocked". */
  blocked: knob({}),
};

export type MailchimpFaults = FaultSettings<typeof mailchimpKnobs>;
