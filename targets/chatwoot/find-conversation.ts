import type { EntityKey } from '../../sync/entity-type.ts';
import type { Conversation } from './answers.ts';
import type { ChatwootApi } from './api.ts';
import { emsKeyIn } from './contact-identity.ts';

const carries = (key: EntityKey) => (conversation: Conversation) =>
  emsKeyIn(conversation.custom_attributes?.['ems_conversation_id']) === key;

/** Null if none is found. The filter may lag. */
export async function findByConversationKey(api: ChatwootApi, key: EntityKey): Promise<Conversation | null> {
  return (await api.findConversations('ems_conversation_id', key)).find(carries(key)) ?? null;
}

/**
 * Finds the conversation with this EMS id, for example after a create whose answer was lost. The filter may lag, so the
 * contact's newest conversations are checked, too.
 *
 * @returns `no-contact` if the contact does not exist either.
 */
export async function findConversation(
  api: ChatwootApi,
  key: EntityKey,
  contactId: string,
): Promise<Conversation | null | 'no-contact'> {
  const found = await findByConversationKey(api, key);
  if (found !== null) return found;
  const own = await api.conversationsOf(contactId);
  return own === null ? 'no-contact' : (own.find(carries(key)) ?? null);
}
