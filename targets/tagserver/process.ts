import { apiAddress } from '../api-address.ts';
import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { tagServerFailures } from './failure-reasons.ts';
import { tagServerMappings } from './mapping.ts';
import { connectTagServer } from './remote.ts';
import { tagServerSettings } from './settings.ts';

/** The in-house timing system: outbound only, exact, and fast on race day. */
const process: SyncProcess = {
  name: 'TAGSERVER',
  failures: tagServerFailures,
  directions: ['outbound'],
  mappings: tagServerMappings,
  limits: { callsPerSecond: 200, concurrentCalls: 20, inline: true },
};

export const tagServer = defineTarget({
  process,
  settings: tagServerSettings,
  account: ({ TAGSERVER_URL }) => [apiAddress(TAGSERVER_URL)],
  connect: connectTagServer,
});
