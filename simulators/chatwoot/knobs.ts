import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

const milliseconds = z.int().min(0);

/** ChatWoot's knobs. A webhook counts as the request `POST <event>` for `match`: `{ prefix: 'contact_' }`. */
export const chatwootKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /** Widens the moment between a contact's validation and its commit, in which another request may take the same e-mail. */
  slowCommit: knob({ ms: z.int().min(1) }),
  /** Lists, filter and search show what was so long ago; single records are always read as they are. */
  readLag: knob({ ms: milliseconds }),
  /** A server before February 2026: webhooks have no signature headers and no secret. */
  olderServer: knob({}),
};

export type ChatwootFaults = FaultSettings<typeof chatwootKnobs>;
