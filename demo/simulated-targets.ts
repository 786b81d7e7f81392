import { simulatedChatwoot } from './chatwoot.ts';
import { simulatedMailchimp } from './mailchimp.ts';
import { simulatedMautic } from './mautic.ts';
import { simulatedRunSignup } from './runsignup.ts';
import type { SimulatedTarget } from './simulated-target.ts';
import { simulatedTagServer } from './tagserver.ts';

/** Every target that the demo simulates. A new one is a file and a line here. */
export const SIMULATED_TARGETS: readonly SimulatedTarget[] = [
  simulatedTagServer,
  simulatedMautic,
  simulatedMailchimp,
  simulatedRunSignup,
  simulatedChatwoot,
];
