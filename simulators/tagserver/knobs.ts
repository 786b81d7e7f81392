import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';

/** TagServer's knobs. A nudge counts as the request `POST changes.available` for `match`. */
export const tagServerKnobs = {
  ...commonKnobs,
  /** Holds a write's commit, its row locked, while other rows are written. */
  slowCommit: knob({ ms: z.int().min(1) }),
  nudgeDelay: knob({ ms: z.int().min(0), jitterMs: z.int().min(0).optional() }),
  nudgeDrop: knob({}),
  nudgeDuplicate: knob({}),
  /** Sends the nudge only after the one that follows it. */
  nudgeReorder: knob({}),
};

export type TagServerFaults = FaultSettings<typeof tagServerKnobs>;
