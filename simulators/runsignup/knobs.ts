import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';

/** RunSignup's knobs. Those that do not affect a single request are modes: they stay set until cleared. */
export const runSignupKnobs = {
  ...commonKnobs,
  /** Answers this error instead of processing the request. */
  refuse: knob({ code: z.int(), message: z.string().optional() }),
  /** Answers error 14 instead of processing the request. */
  throttle: knob({}),
  /** Errors come with an HTTP status of 4xx or 5xx instead of 200. */
  http4xx: knob({}),
  /** A GET sees the state of this many milliseconds ago (virtual clock). */
  lag: knob({ ms: z.int().min(1) }),
  /** The key may not see participants' personal data. */
  withholdPersonalData: knob({}),
  /** Edits of account holders' personal data are refused with 121. */
  safeSync: knob({}),
  /** Requires `rsu_api_reg` and its header from now on, whatever the date. */
  requireCallerRegistration: knob({}),
};

export type RunSignupFaults = FaultSettings<typeof runSignupKnobs>;
