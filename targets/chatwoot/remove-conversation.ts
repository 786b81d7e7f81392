import type { Removed, RemoveRequest } from '../remote-system.ts';
import type { ChatwootApi } from './api.ts';
import { findByConversationKey } from './find-conversation.ts';

/**
 * What was said stays with ChatWoot: its history is not EMS's to delete. Where another conversation has its EMS id now, it does
 * not carry that any more.
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
