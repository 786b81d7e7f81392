import { defineTarget, type SyncProcess } from '../sync-process.ts';
import { chatwootMappings } from './mapping.ts';
import { connectChatwoot } from './remote.ts';
import { chatwootSettings } from './settings.ts';

/** Customer service: both ways, with contacts that tell no times, and a history that agents write on. */
const process: SyncProcess = {
  name: 'CHATWOOT',
  directions: ['outbound', 'inbound'],
  mappings: chatwootMappings,
  // ChatWoot takes 3,000 requests a minute from one address: a new person is two of them, a conversation five and more.
  limits: { callsPerSecond: 15, concurrentCalls: 10 },
};

export const chatwoot = defineTarget({ process, settings: chatwootSettings, connect: connectChatwoot });
