import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';

const milliseconds = z.int().min(0);

/** ChatWoot's knobs. A webhook counts as the request `POST <event>` for `match`: `{ prefix: 'contact_' }`. */
export const chatwootKnobs = {
  ...commonKnobs,
  /** Widens the moment between a contact's validation and its commit, in which another request may take the same e-mail. */
  slowCommit: knob({ ms: z.int().min(1) }),
  /** Lists, filter and search show what was so long ago; single records are always read as they are. */
  readLag: knob({ ms: milliseconds }),
  /** Absent = 50 to 500 ms, each its own, so that they overtake one another. */
  webhookDelay: knob({ ms: milliseconds, jitterMs: milliseconds.optional() }),
  webhookDrop: knob({}),
  /** The event fires twice, each with a delivery id of its own. */
  webhookDuplicate: knob({}),
  /** Sends it only after the one that follows it. */
  webhookReorder: knob({}),
  /** A server before February 2026: webhooks have no signature headers and no secret. */
  olderServer: knob({}),
};

export type ChatwootFaults = FaultSettings<typeof chatwootKnobs>;
