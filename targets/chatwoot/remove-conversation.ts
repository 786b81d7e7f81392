import type { Removed, RemoveRequest } from '../remote-system.ts';
import type { ChatwootApi } from './api.ts';
import { findByConversationKey } from './find-conversation.ts';

/**
 * The conversation stays at ChatWoot, whose history EMS must not delete. If another conversation now has its EMS id,
 * the id is removed from it.
 */
export async function removeConversation(
  api: ChatwootApi,
  { key, remoteId, idGoesOn = false }: RemoveRequest,
): Promise<Removed> {
  if (!idGoesOn) return { kept: true };
  const known = remoteId === null ? null : await api.conversation(remoteId);
  const conversation = known ?? (await findByConversationKey(api, key));
  if (conversation?.custom_attributes?.['ems_conversation_id'] === key) {
    const { ems_conversation_id: _, ...others } = conversation.custom_attributes;
    await api.replaceAttributes(String(conversation.id), others);
  }
  return { kept: true };
}
