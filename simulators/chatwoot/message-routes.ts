import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { findInbox } from './addresses.ts';
import type { Chatwoot } from './chatwoot.ts';
import { addMessage, deleteMessage, findConversation } from './conversation-writes.ts';
import { bodyAs, did, idOf, queryOf, sendNothing } from './http.ts';
import type { Message, User } from './records.ts';
import { couldNotCreate } from './refusal.ts';
import { contactPushed, messageShape, messagesOf } from './shapes.ts';

const MAX_CONTENT = 150_000;
const MAX_PER_MINUTE = 200;

export const messageBody = z.object({
  content: z.string().nullish(),
  message_type: z.enum(['incoming', 'outgoing']).nullish(),
  private: z.union([z.boolean(), z.string().transform((word) => word === 'true' || word === '1')]).nullish(),
  content_type: z.string().nullish(),
  content_attributes: z.record(z.string(), z.unknown()).nullish(),
  source_id: z.string().nullish(),
  echo_id: z.unknown().optional(),
});

/**
 * Writes a message that the API asked for. Throws Refusal 422 for the wrong inbox, for text that is too long and for
 * too many messages in a minute.
 */
export function createMessage(
  chatwoot: Chatwoot,
  conversationId: number,
  body: z.output<typeof messageBody>,
  user: User,
): Message {
  const conversation = findConversation(chatwoot, conversationId);
  const type = body.message_type ?? 'outgoing';
  if (type === 'incoming' && findInbox(conversation.inbox_id).channel_type !== 'Channel::Api') {
    throw couldNotCreate('Incoming messages are only allowed in Api inboxes');
  }
  if (Array.from(body.content ?? '').length > MAX_CONTENT) {
    throw couldNotCreate(`Validation failed: Content is too long (maximum is ${MAX_CONTENT} characters)`);
  }
  const aMinuteAgo = chatwoot.clock.now() - 60_000;
  const recent = messagesOf(chatwoot, conversation).filter(({ created_at }) => created_at >= aMinuteAgo);
  if (recent.length >= MAX_PER_MINUTE) throw couldNotCreate('Validation failed: Too many messages');
  return addMessage(chatwoot, conversationId, {
    content: body.content ?? null,
    type,
    private: body.private ?? false,
    sourceId: body.source_id ?? null,
    contentType: body.content_type ?? undefined,
    contentAttributes: body.content_attributes ?? undefined,
    user,
  });
}

/**
 * Selects messages, oldest first: up to 100 after an id, 20 before an id, up to 1,000 between two ids, otherwise the
 * latest 20.
 */
function chosen(messages: readonly Message[], after: number | undefined, before: number | undefined): Message[] {
  if (after !== undefined && before !== undefined) {
    return messages.filter(({ id }) => id >= after && id < before).slice(0, 1_000);
  }
  if (before !== undefined) return messages.filter(({ id }) => id < before).slice(-20);
  if (after !== undefined) return messages.filter(({ id }) => id > after).slice(0, 100);
  return messages.slice(-20);
}

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined || text === '' ? undefined : Number.parseInt(text, 10) || 0;

/** A conversation's messages; `user` is the token's owner. */
export function addMessageRoutes(scope: FastifyInstance, chatwoot: Chatwoot, user: User): void {
  scope.get('/conversations/:id/messages', async (request) => {
    const conversation = findConversation(chatwoot, idOf(request));
    const { after, before } = queryOf(request);
    const contact = chatwoot.store.contacts.find(conversation.contact_id);
    const messages = chosen(messagesOf(chatwoot, conversation), numberOf(after), numberOf(before));
    return {
      meta: {
        labels: conversation.labels,
        additional_attributes: conversation.additional_attributes,
        contact: contact === undefined ? null : contactPushed(contact),
        agent_last_seen_at: null,
        assignee_last_seen_at: null,
      },
      payload: messages.map((message) => messageShape(chatwoot, message)),
    };
  });

  scope.post('/conversations/:id/messages', async (request) => {
    const conversation = findConversation(chatwoot, idOf(request));
    const body = bodyAs(request, messageBody);
    const message = createMessage(chatwoot, conversation.id, body, user);
    did(request, 'created');
    return messageShape(chatwoot, message, body.echo_id);
  });

  scope.delete('/conversations/:id/messages/:message', async (request, reply) => {
    deleteMessage(chatwoot, idOf(request), idOf(request, 'message'));
    did(request, 'deleted');
    return sendNothing(reply);
  });
}
