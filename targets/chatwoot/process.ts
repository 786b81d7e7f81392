import { apiAddress } from '../api-address.ts';
import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { chatwootFailures } from './failure-reasons.ts';
import { chatwootMappings } from './mapping.ts';
import { connectChatwoot } from './remote.ts';
import { chatwootSettings } from './settings.ts';

/** Customer service: both directions; contacts have no modified time, and agents write in the history. */
const process: SyncProcess = {
  name: 'CHATWOOT',
  failures: chatwootFailures,
  directions: ['outbound', 'inbound'],
  mappings: chatwootMappings,
  // ChatWoot accepts 3,000 requests a minute from one address: a new person takes two, a conversation five or more.
  limits: { callsPerSecond: 15, concurrentCalls: 10 },
};

export const chatwoot = defineTarget({
  process,
  settings: chatwootSettings,
  account: ({ CHATWOOT_URL, CHATWOOT_ACCOUNT_ID }) => [apiAddress(CHATWOOT_URL), String(CHATWOOT_ACCOUNT_ID)],
  connect: connectChatwoot,
});
