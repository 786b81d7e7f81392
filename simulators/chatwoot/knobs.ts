import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

const milliseconds = z.int().min(0);

/** ChatWoot's knobs. In `match`, a webhook counts as the request `POST <event>`: `{ prefix: 'contact_' }`. */
export const chatwootKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /**
   * Widens the gap between a contact's validation and its commit, in which another request can take the same e-mail.
   */
  slowCommit: knob({ ms: z.int().min(1) }),
  /** Lists, filter and search show the state of this many milliseconds ago; reads of single records are current. */
  readLag: knob({ ms: milliseconds }),
  /** A server from before February 2026: its webhooks have no signature headers and no secret. */
  olderServer: knob({}),
};

export type ChatwootFaults = FaultSettings<typeof chatwootKnobs>;
