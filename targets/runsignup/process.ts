import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { runSignupMappings } from './mapping.ts';
import { connectRunSignup } from './remote.ts';
import { runSignupSettings } from './settings.ts';

/** Online registration: registrations arrive there first, bibs and chips are told back. */
const process: SyncProcess = {
  name: 'RUNSIGNUP',
  directions: ['outbound', 'inbound'],
  mappings: runSignupMappings,
  // The rate is a setting, and each connection keeps to it; two at once, so that an attempt gets its calls within its time.
  limits: { callsPerSecond: 10, concurrentCalls: 2 },
};

export const runSignup = defineTarget({
  process,
  settings: runSignupSettings,
  connect: (settings) => connectRunSignup(settings),
});
