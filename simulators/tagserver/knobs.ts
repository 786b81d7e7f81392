import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';
import { webhookKnobs } from '../kit/webhook-knobs.ts';

/** TagServer's knobs. A nudge counts as the request `POST changes.available` for `match`. */
export const tagServerKnobs = {
  ...commonKnobs,
  ...webhookKnobs,
  /** Holds a write's commit, its row locked, while other rows are written. */
  slowCommit: knob({ ms: z.int().min(1) }),
};

export type TagServerFaults = FaultSettings<typeof tagServerKnobs>;
