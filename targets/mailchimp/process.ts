import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { ITEMS_PER_CALL } from './bulk.ts';
import { mailchimpMappings } from './mapping.ts';
import { connectMailchimp } from './remote.ts';
import { mailchimpSettings } from './settings.ts';

/** E-mail marketing: outbound, consent read back. One member for each address, whose consent is the member's own. */
const process: SyncProcess = {
  name: 'MAILCHIMP',
  directions: ['outbound', 'inbound'],
  mappings: mailchimpMappings,
  // Deliveries, most of which go hundreds in a call; calls themselves are limited by the account's connections.
  limits: { callsPerSecond: 100, concurrentCalls: 8, bulk: { itemsPerCall: ITEMS_PER_CALL } },
  remoteIdsArePersonal: true,
};

export const mailchimp = defineTarget({ process, settings: mailchimpSettings, connect: connectMailchimp });
