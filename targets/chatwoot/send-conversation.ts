import { formatRef, type EntityRef } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { Conversation, Message } from './answers.ts';
import type { ChatwootApi } from './api.ts';
import { findConversation } from './find-conversation.ts';
import { refusedError } from './http.ts';
import { conversationContent, modifiedOn } from './read-conversation.ts';
import { sendMessages } from './send-messages.ts';

interface Found {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
  /** Just created, so nobody can have written in it. */
  readonly isNew: boolean;
}

/** Sends what EMS owns of a conversation: its id, and the messages written in EMS. */
export async function sendConversation(
  api: ChatwootApi,
  request: SendRequest,
  { sendPublic, trusted }: { readonly sendPublic: boolean; readonly trusted: boolean },
): Promise<SendResult> {
  const found = await findOrCreate(api, request, trusted);
  if ('kind' in found) return found;
  const { conversation, isNew } = found;
  const id = String(conversation.id);
  const linked = await link(api, conversation, request.key);
  const { messages, changed } = await sendMessages(api, {
    conversationId: id,
    content: request.content,
    there: found.messages,
    sendPublic,
  });
  const after = linked || changed ? await api.conversation(id) : conversation;
  if (after === null) {
    throw new SyncError('transient', `ChatWoot lost conversation ${id} while it was being sent`, { code: 'changed' });
  }
  return { kind: 'sent', remoteId: id, ...(isNew ? stateOfNew(after) : stateOfKnown(after)), messages };
}

async function findOrCreate(api: ChatwootApi, request: SendRequest, trusted: boolean): Promise<Found | SendResult> {
  const known = request.remoteId === null ? null : await whole(api, await api.conversation(request.remoteId));
  if (known !== null) return known;
  const { key, remoteId: contactId } = contactOf(request);
  const noContact: SendResult = {
    kind: 'blocked',
    by: [key],
    field: 'contact',
    reason: `belongs to contact ${contactId} of ${formatRef(key)}, which ChatWoot does not have`,
  };
  const own = await findConversation(api, request.key, contactId);
  if (own === 'no-contact') return noContact;
  // Found only by our id, with another contact: EMS has reused the id, or a visitor has claimed it.
  const contact = own?.meta?.sender?.id;
  if (own !== null && !(trusted && request.begun === true) && contact != null && String(contact) !== contactId) {
    return { kind: 'another', remoteId: String(own.id) };
  }
  const found = await whole(api, own);
  if (found !== null) return found;
  const answer = await api.createConversation(contactId, { ems_conversation_id: request.key });
  switch (answer.kind) {
    case 'answered':
      return { conversation: answer.value, messages: [], isNew: true };
    case 'refused':
      throw refusedError(answer.refused, 'POST conversations');
    case 'missing':
      if ((await api.contact(contactId)) === null) return noContact;
      throw new SyncError('target-down', 'ChatWoot does not have the inbox: check CHATWOOT_INBOX_ID', {
        code: 'no-inbox',
      });
  }
}

async function whole(api: ChatwootApi, conversation: Conversation | null): Promise<Found | null> {
  if (conversation === null) return null;
  const messages = await api.messages(conversation);
  return messages === null ? null : { conversation, messages, isNew: false };
}

/** The engine sends a conversation only after its person. */
function contactOf({ key, references }: SendRequest): { readonly key: EntityRef; readonly remoteId: string } {
  const [ref, remoteId] = [...references].find(([name]) => name.startsWith('Person/')) ?? [];
  if (ref === undefined || remoteId === undefined) {
    throw new SyncError('bug', `Conversation/${key} was sent without its person's contact`, { code: 'no-reference' });
  }
  return { key: { type: 'Person', key: ref.slice('Person/'.length) }, remoteId };
}

/**
 * Adds our id to a conversation that began at ChatWoot, and keeps the attributes of others. @returns whether it was
 * written.
 */
async function link(api: ChatwootApi, { id, custom_attributes }: Conversation, key: string): Promise<boolean> {
  if (custom_attributes?.['ems_conversation_id'] === key) return false;
  await api.replaceAttributes(String(id), { ...custom_attributes, ems_conversation_id: key });
  return true;
}

/** A new conversation cannot contain a change that EMS has not seen. */
const stateOfNew = (conversation: Conversation) => ({
  remoteModifiedOn: modifiedOn(conversation),
  stored: conversationContent(conversation),
});

/**
 * Persons and agents keep writing, and EMS does not know yet what they did since the last poll. Only a poll may report
 * it, so neither the time nor the fields that can change at ChatWoot are returned here.
 */
function stateOfKnown(conversation: Conversation) {
  const { status: _status, lastActivityOn: _lastActivityOn, ...settled } = conversationContent(conversation);
  return { remoteModifiedOn: null, stored: settled };
}
