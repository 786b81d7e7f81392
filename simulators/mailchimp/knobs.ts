import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';

const milliseconds = z.int().min(0);

/** Mailchimp's knobs. For `match`, a webhook counts as the request `POST <event>`: `{ prefix: 'upemail' }`. */
export const mailchimpKnobs = {
  ...commonKnobs,
  /** Lists and search show what was so long ago; single members are always read as they are. */
  lag: knob({ ms: milliseconds }),
  /** Too many connections, however few there are. */
  throttle: knob({}),
  /** What comes at high volume instead of it: a status without a body. */
  bareThrottle: knob({ status: z.union([z.literal(403), z.literal(429)]).default(403) }),
  /** 503 of the network before Mailchimp: HTML, "Request Blocked". */
  blocked: knob({}),
  /** Absent = 50 to 250 ms, each its own, so that they overtake one another. */
  webhookDelay: knob({ ms: milliseconds, jitterMs: milliseconds.optional() }),
  webhookDrop: knob({}),
  webhookDuplicate: knob({}),
  /** Sends it only after the one that follows it. */
  webhookReorder: knob({}),
};

export type MailchimpFaults = FaultSettings<typeof mailchimpKnobs>;
