import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { ITEMS_PER_CALL } from './bulk.ts';
import { mailchimpFailures } from './failure-reasons.ts';
import { mailchimpMappings } from './mapping.ts';
import { connectMailchimp } from './remote.ts';
import { baseAddress, mailchimpSettings } from './settings.ts';

/** E-mail marketing: outbound, with consent read back. One member per address, whose consent is the member's own. */
const process: SyncProcess = {
  name: 'MAILCHIMP',
  failures: mailchimpFailures,
  directions: ['outbound', 'inbound'],
  mappings: mailchimpMappings,
  // Deliveries, most of which share a call with hundreds of others; calls are limited by the account's connections.
  limits: { callsPerSecond: 100, concurrentCalls: 8, bulk: { itemsPerCall: ITEMS_PER_CALL } },
  remoteIdsArePersonal: true,
};

export const mailchimp = defineTarget({
  process,
  settings: mailchimpSettings,
  account: (settings) => [baseAddress(settings), settings.MAILCHIMP_LIST_ID],
  connect: connectMailchimp,
});
