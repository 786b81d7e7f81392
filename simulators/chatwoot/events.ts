import type { Chatwoot } from './chatwoot.ts';
import type { Contact, Conversation, Message } from './records.ts';
import { contactHooked, conversationHooked, iso, messageHooked } from './shapes.ts';

/** Changed columns with their previous values. */
export type Changes = Readonly<Record<string, { readonly previous: unknown; readonly current: unknown }>>;

const changedAttributes = (changes: Changes) =>
  Object.entries(changes).map(([name, { previous, current }]) => ({
    [name]: { previous_value: previous, current_value: current },
  }));

/** The changes that an update reports, its own `updated_at` included. */
export const withUpdatedAt = (changes: Changes, before: number, after: number): Changes => ({
  ...changes,
  updated_at: { previous: iso(before), current: iso(after) },
});

export function contactCreated(chatwoot: Chatwoot, { id }: Contact): void {
  chatwoot.webhooks.publish('contact_created', () => {
    const contact = chatwoot.store.contacts.find(id);
    return contact && { ...contactHooked(chatwoot, contact), event: 'contact_created' };
  });
}

export function contactUpdated(chatwoot: Chatwoot, { id }: Contact, changes: Changes): void {
  chatwoot.webhooks.publish('contact_updated', () => {
    const contact = chatwoot.store.contacts.find(id);
    return (
      contact && {
        ...contactHooked(chatwoot, contact),
        event: 'contact_updated',
        changed_attributes: changedAttributes(changes),
      }
    );
  });
}

/** `changes` is absent for `conversation_created`. */
export function conversationEvent(
  chatwoot: Chatwoot,
  event: 'conversation_created' | 'conversation_updated' | 'conversation_status_changed',
  { id }: Conversation,
  changes?: Changes,
): void {
  chatwoot.webhooks.publish(event, () => {
    const conversation = chatwoot.store.conversations.find(id);
    return (
      conversation && {
        ...conversationHooked(chatwoot, conversation),
        event,
        ...(changes === undefined ? {} : { changed_attributes: changedAttributes(changes) }),
      }
    );
  });
}

/** ChatWoot sends no webhook for its own notes ("was marked resolved"). */
export function messageEvent(chatwoot: Chatwoot, event: 'message_created' | 'message_updated', { id }: Message): void {
  chatwoot.webhooks.publish(event, () => {
    const message = chatwoot.store.messages.find(id);
    const conversation = message && chatwoot.store.conversations.find(message.conversation_id);
    if (message === undefined || conversation === undefined || message.message_type === 'activity') return undefined;
    return { ...messageHooked(chatwoot, conversation, message), event };
  });
}
