import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

const milliseconds = z.int().min(0);

/** Mailchimp's knobs. In `match`, a webhook counts as the request `POST <event>`: `{ prefix: 'upemail' }`. */
export const mailchimpKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /** Lists and search show the state of this many milliseconds ago; reads of single members are current. */
  lag: knob({ ms: milliseconds }),
  /** Refuses as "too many connections", however few there are. */
  throttle: knob({}),
  /** Throttling at high volume: a status without a body. */
  bareThrottle: knob({ status: z.union([z.literal(403), z.literal(429)]).default(403) }),
  /** A 503 from the network before Mailchimp: HTML, "Request Blocked". */
  blocked: knob({}),
};

export type MailchimpFaults = FaultSettings<typeof mailchimpKnobs>;
