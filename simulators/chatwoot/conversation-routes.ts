import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { findAddress, giveAddress } from './addresses.ts';
import { type Chatwoot, lagOf } from './chatwoot.ts';
import { findContact, titles } from './contact-writes.ts';
import { createConversation, findConversation, updateConversation } from './conversation-writes.ts';
import { conversationAttributes, filterBody, filtered } from './filter.ts';
import { bodyAs, did, idOf, queryOf } from './http.ts';
import { createMessage, messageBody } from './message-routes.ts';
import { pageOf } from './paging.ts';
import { type Conversation, type User, conversationStatuses } from './records.ts';
import { conversationShape } from './shapes.ts';

const PAGE = 25;
const OF_A_CONTACT = 20;

const attributes = z.record(z.string(), z.unknown());
const conversationBody = z.object({
  inbox_id: z.coerce.number().nullish(),
  contact_id: z.coerce.number().nullish(),
  source_id: z.string().nullish(),
  status: z.enum(conversationStatuses).nullish(),
  assignee_id: z.coerce.number().nullish(),
  custom_attributes: attributes.nullish(),
  additional_attributes: attributes.nullish(),
  message: messageBody.nullish(),
});
const statusBody = z.object({ status: z.enum(conversationStatuses).nullish(), snoozed_until: z.string().nullish() });
const attributesBody = z.object({ custom_attributes: attributes.default({}) });
const labelsBody = z.object({ labels: z.array(z.string()).catch([]) });

const byNewest = (column: 'last_activity_at' | 'created_at') => (left: Conversation, right: Conversation) =>
  right[column] - left[column] || right.id - left.id;

const orders: Readonly<Record<string, (left: Conversation, right: Conversation) => number>> = {
  last_activity_at_desc: byNewest('last_activity_at'),
  last_activity_at_asc: (left, right) => byNewest('last_activity_at')(right, left),
  created_at_desc: byNewest('created_at'),
  created_at_asc: (left, right) => byNewest('created_at')(right, left),
};

/** Conversations; `user` is the token's owner. */
export function addConversationRoutes(scope: FastifyInstance, chatwoot: Chatwoot, user: User): void {
  const { store, clock } = chatwoot;
  const shape = (conversation: Conversation) => conversationShape(chatwoot, conversation);
  const conversationOf = (request: FastifyRequest): Conversation => findConversation(chatwoot, idOf(request));

  const countsOf = (conversations: readonly Conversation[]) => {
    const assigned = conversations.filter(({ assignee_id }) => assignee_id !== null);
    return {
      mine_count: assigned.filter(({ assignee_id }) => assignee_id === user.id).length,
      assigned_count: assigned.length,
      unassigned_count: conversations.length - assigned.length,
      all_count: conversations.length,
    };
  };

  const isWanted = ({ status = 'open', inbox_id, assignee_type, labels }: ReturnType<typeof queryOf>) => {
    const titlesWanted = labels?.split(',');
    return (one: Conversation): boolean =>
      (status === 'all' || one.status === status) &&
      (inbox_id === undefined || one.inbox_id === Number(inbox_id)) &&
      (assignee_type !== 'me' || one.assignee_id === user.id) &&
      (assignee_type !== 'unassigned' || one.assignee_id === null) &&
      (assignee_type !== 'assigned' || one.assignee_id !== null) &&
      (titlesWanted === undefined || one.labels.some((title) => titlesWanted.includes(title)));
  };

  scope.get('/conversations', async (request) => {
    const query = queryOf(request);
    const order = orders[query['sort_by'] ?? ''] ?? byNewest('last_activity_at');
    const all = store.conversations.allBefore(lagOf(chatwoot, request)).filter(isWanted(query)).toSorted(order);
    const within = query['updated_within'];
    const since = clock.now() - Number.parseInt(within ?? '', 10) * 1_000;
    const payload = within ? all.filter(({ updated_at }) => updated_at > since) : pageOf(all, query['page'], PAGE);
    return { data: { meta: countsOf(all), payload: payload.map(shape) } };
  });

  scope.post('/conversations/filter', async (request) => {
    const { payload } = bodyAs(request, filterBody);
    const definitions = store.definitions.all().filter((one) => one.attribute_model === 'conversation_attribute');
    const rows = store.conversations.allBefore(lagOf(chatwoot, request));
    const found = filtered(rows, payload, conversationAttributes, definitions, clock.now());
    const page = pageOf(found.toSorted(byNewest('last_activity_at')), queryOf(request)['page'], PAGE);
    return { meta: countsOf(found), payload: page.map(shape) };
  });

  scope.post('/conversations', async (request) => {
    const body = bodyAs(request, conversationBody);
    const { contact, contactInbox } =
      body.inbox_id && body.contact_id
        ? addressFor(body.inbox_id, body.contact_id, body.source_id ?? undefined)
        : findAddress(chatwoot, body.source_id ?? '');
    const conversation = createConversation(chatwoot, {
      contactId: contact.id,
      contactInbox,
      status: body.status ?? undefined,
      assigneeId: body.assignee_id,
      custom_attributes: body.custom_attributes ?? undefined,
      additional_attributes: body.additional_attributes ?? undefined,
    });
    if (body.message) firstMessageOrUndo(conversation.id, body.message);
    did(request, 'created');
    return shape(findConversation(chatwoot, conversation.id));
  });

  /** Adds the first message in the same transaction as the conversation. */
  const firstMessageOrUndo = (id: number, message: z.output<typeof messageBody>): void => {
    try {
      createMessage(chatwoot, id, message, user);
    } catch (error) {
      store.conversations.remove(id);
      throw error;
    }
  };

  const addressFor = (inboxId: number, contactId: number, sourceId: string | undefined) => {
    const contact = findContact(chatwoot, contactId);
    return { contact, contactInbox: giveAddress(chatwoot, contact, inboxId, sourceId) };
  };

  scope.get('/conversations/:id', async (request) => shape(conversationOf(request)));

  scope.post('/conversations/:id/toggle_status', async (request) => {
    const conversation = conversationOf(request);
    const body = bodyAs(request, statusBody);
    const status = body.status ?? (conversation.status === 'open' ? 'resolved' : 'open');
    const snoozed_until = status === 'snoozed' ? (body.snoozed_until ?? null) : null;
    const waiting = status === 'resolved' ? { waiting_since: null } : {};
    const after = updateConversation(chatwoot, conversation.id, { status, snoozed_until, ...waiting }, user);
    did(request, after.status === conversation.status ? 'unchanged' : 'updated');
    return {
      meta: {},
      payload: {
        success: true,
        conversation_id: after.id,
        current_status: after.status,
        snoozed_until: after.snoozed_until,
      },
    };
  });

  /** Replaces all attributes, unlike a contact's. */
  scope.post('/conversations/:id/custom_attributes', async (request) => {
    const { custom_attributes } = bodyAs(request, attributesBody);
    const after = updateConversation(chatwoot, conversationOf(request).id, { custom_attributes }, user);
    did(request, 'updated');
    return { custom_attributes: after.custom_attributes };
  });

  scope.get('/conversations/:id/labels', async (request) => ({ payload: conversationOf(request).labels }));
  scope.post('/conversations/:id/labels', async (request) => {
    const labels = titles(bodyAs(request, labelsBody).labels);
    const after = updateConversation(chatwoot, conversationOf(request).id, { labels }, user);
    did(request, 'labelled');
    return { payload: after.labels };
  });

  scope.get('/contacts/:id/conversations', async (request) => {
    const contact = findContact(chatwoot, idOf(request));
    const all = store.conversations.by('contact', contact.id).toSorted(byNewest('last_activity_at'));
    return { payload: all.slice(0, OF_A_CONTACT).map(shape) };
  });
}
