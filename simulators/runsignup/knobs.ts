import { z } from 'zod';
import { type FaultSettings, commonKnobs, knob } from '../kit/faults.ts';

/** RunSignup's knobs. Those without an effect of their own on one request are modes: set, they hold until cleared. */
export const runSignupKnobs = {
  ...commonKnobs,
  /** Answers this error instead of working on the request. */
  refuse: knob({ code: z.int(), message: z.string().optional() }),
  /** Error 14 instead of working on the request. */
  throttle: knob({}),
  /** Errors come with an HTTP status of 4xx or 5xx instead of 200. */
  http4xx: knob({}),
  /** A GET sees what was stored this long ago (virtual clock). */
  lag: knob({ ms: z.int().min(1) }),
  /** The key may not see personal data of participants. */
  withholdPersonalData: knob({}),
  /** Personal data of account holders are refused with 121. */
  safeSync: knob({}),
  /** `rsu_api_reg` and its header are required now, whatever the date. */
  requireCallerRegistration: knob({}),
};

export type RunSignupFaults = FaultSettings<typeof runSignupKnobs>;
