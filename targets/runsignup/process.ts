import { apiAddress } from '../api-address.ts';
import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { runSignupFailures } from './failure-reasons.ts';
import { runSignupMappings } from './mapping.ts';
import { connectRunSignup } from './remote.ts';
import { runSignupSettings } from './settings.ts';

/** Online registration: registrations are created there, bibs and chips are sent back. */
const process: SyncProcess = {
  name: 'RUNSIGNUP',
  failures: runSignupFailures,
  directions: ['outbound', 'inbound'],
  mappings: runSignupMappings,
  // The rate is a setting that each connection obeys. Two concurrent calls, so that an attempt can make its calls
  // within its time limit.
  limits: { callsPerSecond: 10, concurrentCalls: 2 },
};

export const runSignup = defineTarget({
  process,
  settings: runSignupSettings,
  account: ({ RUNSIGNUP_URL }) => [apiAddress(RUNSIGNUP_URL)],
  connect: (settings) => connectRunSignup(settings),
});
