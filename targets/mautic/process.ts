import { apiAddress } from '../api-address.ts';
import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { ITEMS_PER_CALL } from './bulk.ts';
import { mauticFailures } from './failure-reasons.ts';
import { mauticMappings } from './mapping.ts';
import { connectMautic } from './remote.ts';
import { mauticSettings } from './settings.ts';

/** Marketing automation: outbound, with consent read back. Contacts merge by e-mail; do-not-contact is the person's. */
const process: SyncProcess = {
  name: 'MAUTIC',
  failures: mauticFailures,
  directions: ['outbound', 'inbound'],
  mappings: mauticMappings,
  // Deliveries, most of which share a call with up to two hundred others.
  limits: { callsPerSecond: 100, concurrentCalls: 8, bulk: { itemsPerCall: ITEMS_PER_CALL } },
};

export const mautic = defineTarget({
  process,
  settings: mauticSettings,
  account: ({ MAUTIC_URL }) => [apiAddress(MAUTIC_URL)],
  connect: connectMautic,
});
