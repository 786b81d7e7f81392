import type { RemoteSystem, RemoveRequest, SendRequest } from '../remote-system.ts';
import { ChatwootApi } from './api.ts';
import { AttributeDefinitions } from './attribute-definitions.ts';
import { conversationGoesAlong, erasePerson } from './erase.ts';
import { chatwootInbound } from './inbound.ts';
import { releaseValues } from './release-values.ts';
import { removeConversation } from './remove-conversation.ts';
import { removePerson } from './remove-person.ts';
import { sendConversation } from './send-conversation.ts';
import { sendPerson } from './send-person.ts';
import type { ChatwootSettings } from './settings.ts';

export function connectChatwoot(settings: ChatwootSettings): RemoteSystem {
  const api = new ChatwootApi(settings);
  const definitions = new AttributeDefinitions(api);
  return {
    probe: () => api.probe(),
    send: async (request: SendRequest) => {
      await definitions.ensure();
      if (request.type === 'Person') return sendPerson(api, request);
      if (request.type === 'Conversation') return sendConversation(api, request, settings.CHATWOOT_SEND_PUBLIC);
      throw new RangeError(`ChatWoot has no ${request.type}`);
    },
    remove: async (request: RemoveRequest) => {
      if (request.type === 'Conversation') return removeConversation(api, request);
      if (request.type === 'Person') return removePerson(api, request);
      throw new RangeError(`ChatWoot has no ${request.type}`);
    },
    release: async (request) => (request.type === 'Person' ? releaseValues(api, request) : null),
    erase: async (request) => (request.type === 'Person' ? erasePerson(api, request) : conversationGoesAlong),
    inbound: chatwootInbound(api),
  };
}
