import { z } from 'zod';
import { knob } from './faults.ts';

const milliseconds = z.int().min(0);

/** The knobs of every simulator that sends webhooks. For `match`, a webhook counts as the request `POST <event>`. */
export const webhookKnobs = {
  /** Absent = the vendor's own delay. */
  webhookDelay: knob({ ms: milliseconds, jitterMs: milliseconds.optional() }),
  webhookDrop: knob({}),
  /** Sends it a second time although the first arrived. */
  webhookDuplicate: knob({}),
  /** Sends it only after the one that follows it. */
  webhookReorder: knob({}),
};
