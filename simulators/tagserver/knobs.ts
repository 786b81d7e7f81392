import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

/** TagServer's knobs. In `match`, a nudge counts as the request `POST changes.available`. */
export const tagServerKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /** Delays a write's commit with its row locked, while other rows can be written. */
  slowCommit: knob({ ms: z.int().min(1) }),
};

export type TagServerFaults = FaultSettings<typeof tagServerKnobs>;
