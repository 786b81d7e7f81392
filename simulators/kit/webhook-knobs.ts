import { z } from 'zod';
import { knob } from './faults.ts';

const milliseconds = z.int().min(0);

/** The knobs of every simulator that sends webhooks. In `match`, a webhook counts as the request `POST <event>`. */
export const webhookKnobs = {
  /** Absent = the vendor's own delay. */
  webhookDelay: knob({ ms: milliseconds, jitterMs: milliseconds.optional() }),
  webhookDrop: knob({}),
  /** Sends it again although the first arrived. */
  webhookDuplicate: knob({}),
  /** Sends it after the webhook that follows it. */
  webhookReorder: knob({}),
};
