import { z } from 'zod';
import { giveAddress } from './addresses.ts';
import type { Chatwoot } from './chatwoot.ts';
import {
  createContact,
  deleteContact,
  findContact,
  labelContact,
  mergeContacts,
  removeAttributes,
  titles,
  updateContact,
} from './contact-writes.ts';
import {
  addMessage,
  createConversation,
  deleteMessage,
  findConversation,
  updateConversation,
} from './conversation-writes.ts';
import { conversationStatuses, humanAgent } from './records.ts';
import { notFound } from './refusal.ts';
import { claimIdentity } from './widget.ts';

const id = z.int().min(1);
const textOrNull = z.string().nullable().optional();
const attributes = z.record(z.string(), z.unknown()).optional();
const values = z.strictObject({
  name: textOrNull,
  email: textOrNull,
  phone_number: textOrNull,
  identifier: textOrNull,
  blocked: z.boolean().optional(),
  additional_attributes: attributes,
  custom_attributes: attributes,
});
/** Skips every validation except the unique indexes, as old data and imports did. */
const unvalidated = z.boolean().default(false);

/** What happens at ChatWoot without EMS: an agent acts in the dashboard, a customer in a channel. */
export const backdoorAction = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('create-contact'), set: values, unvalidated }),
  z.strictObject({ do: z.literal('edit-contact'), contact: id, set: values, unvalidated }),
  z.strictObject({ do: z.literal('remove-attributes'), contact: id, keys: z.array(z.string()) }),
  z.strictObject({ do: z.literal('label-contact'), contact: id, labels: z.array(z.string()) }),
  /** A widget visitor identifies itself: see `claimIdentity`. */
  z.strictObject({
    do: z.literal('visitor-claims'),
    inbox: id.default(3),
    identifier: z.string().optional(),
    email: z.string().optional(),
    name: z.string().optional(),
    signed: z.boolean().default(false),
  }),
  z.strictObject({ do: z.literal('delete-contact'), contact: id }),
  z.strictObject({ do: z.literal('merge-contacts'), base: id, mergee: id }),
  z.strictObject({ do: z.literal('set-presence'), contact: id, online: z.boolean() }),
  z.strictObject({
    do: z.literal('customer-writes'),
    content: z.string(),
    /** Opens a conversation of this contact in the inbox… */
    contact: id.optional(),
    inbox: id.default(1),
    /** …or continues this one. */
    conversation: id.optional(),
  }),
  z.strictObject({
    do: z.literal('agent-writes'),
    conversation: id,
    content: z.string(),
    private: z.boolean().default(false),
  }),
  z.strictObject({
    do: z.literal('edit-conversation'),
    conversation: id,
    status: z.enum(conversationStatuses).optional(),
    custom_attributes: z.record(z.string(), z.unknown()).optional(),
    labels: z.array(z.string()).optional(),
    assigned: z.boolean().optional(),
  }),
  z.strictObject({ do: z.literal('delete-message'), conversation: id, message: id }),
  z.strictObject({ do: z.literal('delete-conversation'), conversation: id }),
]);

export type BackdoorAction = z.input<typeof backdoorAction>;

/** The records that the action touched. */
export interface BackdoorOutcome {
  readonly contact?: number;
  readonly conversation?: number;
  readonly message?: number;
}

/** Runs the action with all its effects, webhooks included. Throws Refusal where ChatWoot would refuse. */
export async function actThroughBackdoor(
  chatwoot: Chatwoot,
  action: z.output<typeof backdoorAction>,
): Promise<BackdoorOutcome> {
  switch (action.do) {
    case 'create-contact': {
      const contact = await createContact(chatwoot, action.set, { unvalidated: action.unvalidated });
      return { contact: contact.id };
    }
    case 'edit-contact': {
      const contact = findContact(chatwoot, action.contact);
      await updateContact(chatwoot, contact, action.set, { unvalidated: action.unvalidated });
      return { contact: contact.id };
    }
    case 'remove-attributes':
      await removeAttributes(chatwoot, findContact(chatwoot, action.contact), action.keys);
      return { contact: action.contact };
    case 'label-contact':
      labelContact(chatwoot, findContact(chatwoot, action.contact), action.labels);
      return { contact: action.contact };
    case 'visitor-claims':
      return { contact: await claimIdentity(chatwoot, action) };
    case 'delete-contact':
      deleteContact(chatwoot, findContact(chatwoot, action.contact));
      return { contact: action.contact };
    case 'merge-contacts':
      mergeContacts(chatwoot, findContact(chatwoot, action.base), findContact(chatwoot, action.mergee));
      return { contact: action.base };
    case 'set-presence':
      if (action.online) chatwoot.online.add(findContact(chatwoot, action.contact).id);
      else chatwoot.online.delete(action.contact);
      return { contact: action.contact };
    case 'customer-writes':
      return customerWrites(chatwoot, action);
    case 'agent-writes': {
      const message = addMessage(chatwoot, action.conversation, {
        content: action.content,
        type: 'outgoing',
        private: action.private,
        user: humanAgent,
      });
      return { conversation: action.conversation, message: message.id };
    }
    case 'edit-conversation': {
      const { do: _do, conversation, assigned, labels, ...columns } = action;
      updateConversation(
        chatwoot,
        conversation,
        {
          ...columns,
          ...(labels === undefined ? {} : { labels: titles(labels) }),
          ...(assigned === undefined ? {} : { assignee_id: assigned ? humanAgent.id : null }),
        },
        humanAgent,
      );
      return { conversation };
    }
    case 'delete-message':
      deleteMessage(chatwoot, action.conversation, action.message);
      return { conversation: action.conversation, message: action.message };
    case 'delete-conversation': {
      const { store } = chatwoot;
      const conversation = findConversation(chatwoot, action.conversation);
      for (const message of store.messages.by('conversation', conversation.id)) store.messages.remove(message.id);
      store.conversations.remove(conversation.id);
      return { conversation: conversation.id };
    }
  }
}

function customerWrites(
  chatwoot: Chatwoot,
  {
    contact: contactId,
    inbox,
    conversation: conversationId,
    content,
  }: z.output<typeof backdoorAction> & {
    do: 'customer-writes';
  },
): BackdoorOutcome {
  if (contactId === undefined && conversationId === undefined) throw notFound();
  const conversation =
    conversationId === undefined
      ? openedBy(chatwoot, contactId ?? 0, inbox)
      : findConversation(chatwoot, conversationId);
  const message = addMessage(chatwoot, conversation.id, { content, type: 'incoming' });
  return { contact: conversation.contact_id, conversation: conversation.id, message: message.id };
}

function openedBy(chatwoot: Chatwoot, contactId: number, inbox: number) {
  const contact = findContact(chatwoot, contactId);
  const known = contact.contact_inboxes.find(({ inbox_id }) => inbox_id === inbox);
  const contactInbox = known ?? giveAddress(chatwoot, contact, inbox, undefined);
  return createConversation(chatwoot, { contactId, contactInbox });
}
