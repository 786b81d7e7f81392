import type { RemoteSystem, RemoveRequest, SendRequest } from '../remote-system.ts';
import { ChatwootApi } from './api.ts';
import type { ConnectionServices } from '../sync-process.ts';
import { AttributeDefinitions } from './attribute-definitions.ts';
import { ContactIdentity } from './contact-identity.ts';
import { ContactTrust } from './contact-trust.ts';
import { conversationGoesAlong, erasePerson } from './erase.ts';
import { chatwootInbound } from './inbound.ts';
import { releaseValues } from './release-values.ts';
import { removeConversation } from './remove-conversation.ts';
import { removePerson } from './remove-person.ts';
import { sendConversation } from './send-conversation.ts';
import { sendPerson } from './send-person.ts';
import type { ChatwootSettings } from './settings.ts';

export function connectChatwoot(settings: ChatwootSettings, { keys }: Pick<ConnectionServices, 'keys'>): RemoteSystem {
  const api = new ChatwootApi(settings);
  const trusted = settings.CHATWOOT_TRUST_CONTACTS;
  const trust = new ContactTrust(api, trusted);
  const contacts = { api, identity: new ContactIdentity(keys, { trusted }) };
  const definitions = new AttributeDefinitions(api);
  return {
    assertCallable: () => api.assertCallable(),
    probe: async () => {
      await api.probe();
      await trust.isGiven();
    },
    refusal: () => trust.refusal(),
    send: async (request: SendRequest) => {
      await definitions.ensure();
      if (request.type === 'Person') return sendPerson(contacts, request, () => trust.isGiven());
      if (request.type === 'Conversation')
        return sendConversation(api, request, { sendPublic: settings.CHATWOOT_SEND_PUBLIC, trusted });
      throw new RangeError(`ChatWoot has no ${request.type}`);
    },
    remove: async (request: RemoveRequest) => {
      if (request.type === 'Conversation') return removeConversation(api, request);
      if (request.type === 'Person') return removePerson(contacts, request);
      throw new RangeError(`ChatWoot has no ${request.type}`);
    },
    release: async (request) => (request.type === 'Person' ? releaseValues(contacts, request) : null),
    erase: async (request) => (request.type === 'Person' ? erasePerson(contacts, request) : conversationGoesAlong),
    inbound: chatwootInbound(contacts, trust),
  };
}
