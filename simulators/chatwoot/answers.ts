import { z } from 'zod';
import { type AnswersOfRoute, type VendorAnswers, fits } from '../kit/answers.ts';
import { conversationStatuses } from './records.ts';
import { webhookEvents } from './webhooks.ts';

const object = z.strictObject;
const text = z.string();
const orNull = z.string().nullable();
const id = z.int().min(1);
const attributes = z.record(z.string(), z.unknown());
/** Unix seconds; zero means never. */
const seconds = z.int().min(0);
const isoTime = z.iso.datetime({ precision: 3 });
const channel = z.enum(['Channel::Api', 'Channel::Email', 'Channel::WebWidget']);
const presence = z.enum(['online', 'offline', 'busy']);

const inboxOfContact = object({
  source_id: text,
  inbox: object({ id, avatar_url: text, channel_id: id, name: text, channel_type: channel, provider: orNull }),
});

/** ChatWoot never returns a contact's `updated_at`. */
const contactFields = {
  additional_attributes: attributes,
  availability_status: presence,
  email: orNull,
  id,
  name: text,
  phone_number: orNull,
  blocked: z.boolean(),
  identifier: orNull,
  thumbnail: text,
  custom_attributes: attributes,
  last_activity_at: seconds.optional(),
  created_at: seconds,
};
const contact = object(contactFields);
const contactWithInboxes = object({ ...contactFields, contact_inboxes: z.array(inboxOfContact) });

const contactAsSender = object({
  additional_attributes: attributes,
  custom_attributes: attributes,
  email: orNull,
  id,
  identifier: orNull,
  name: text,
  phone_number: orNull,
  thumbnail: text,
  blocked: z.boolean(),
  type: z.literal('contact'),
});

const user = object({
  id,
  name: text,
  available_name: text,
  avatar_url: text,
  type: z.literal('user'),
  availability_status: presence,
  thumbnail: text,
});

const messageFields = {
  id,
  content: orNull,
  inbox_id: id,
  /** Only in the answer to the create call, with the value that was sent. */
  echo_id: z.unknown().optional(),
  conversation_id: id,
  message_type: z.int().min(0).max(3),
  content_type: text,
  status: z.enum(['sent', 'delivered', 'read', 'failed']),
  content_attributes: attributes,
  created_at: seconds,
  private: z.boolean(),
  source_id: orNull,
  sender: z.union([contactAsSender, user]).optional(),
};
const message = object(messageFields);

const messageInConversation = object({
  ...messageFields,
  account_id: id,
  updated_at: isoTime,
  sender_type: z.enum(['Contact', 'User']).nullable(),
  sender_id: id.nullable(),
  external_source_ids: attributes,
  additional_attributes: attributes,
  processed_message_content: orNull,
  sentiment: attributes,
  conversation: object({
    assignee_id: id.nullable(),
    unread_count: z.int().min(0),
    last_activity_at: seconds,
    contact_inbox: object({ source_id: text }),
  }),
});

const conversation = object({
  additional_attributes: attributes,
  can_reply: z.boolean(),
  custom_attributes: attributes,
  id,
  inbox_id: id,
  labels: z.array(text),
  snoozed_until: orNull,
  status: z.enum(conversationStatuses),
  unread_count: z.int().min(0),
  priority: z.null(),
  waiting_since: seconds,
  agent_last_seen_at: seconds,
  contact_last_seen_at: seconds,
  last_activity_at: seconds,
  timestamp: seconds,
  created_at: seconds,
  /** Seconds with a fraction, unlike the other times. */
  updated_at: z.number(),
  meta: object({ sender: contact.nullable(), channel, assignee: user.optional(), hmac_verified: z.boolean() }),
  messages: z.array(messageInConversation),
  account_id: id,
  uuid: z.uuid(),
  assignee_last_seen_at: seconds,
  muted: z.boolean(),
  first_reply_created_at: seconds,
  last_non_activity_message: messageInConversation.nullable(),
  sla_policy_id: z.null(),
});

const inbox = object({
  id,
  name: text,
  channel_type: channel,
  channel_id: id,
  avatar_url: text,
  provider: orNull,
  hmac_mandatory: z.boolean().nullable(),
});

const webhook = object({
  id,
  url: text,
  name: orNull,
  subscriptions: z.array(z.enum(webhookEvents)),
  account_id: id,
  /** Missing before February 2026. */
  secret: text.optional(),
});

const definition = object({
  id,
  attribute_key: text,
  attribute_display_name: text,
  attribute_display_type: text,
  attribute_model: z.enum(['conversation_attribute', 'contact_attribute']),
  attribute_description: orNull,
  attribute_values: z.array(text),
  default_value: orNull,
  created_at: isoTime,
  updated_at: isoTime,
});

const count = z.int().min(0);
const counts = object({ mine_count: count, assigned_count: count, unassigned_count: count, all_count: count });
const contactPage = object({
  meta: object({ count, current_page: z.unknown() }),
  payload: z.array(contactWithInboxes),
});
const found = object({
  meta: object({ count, current_page: z.unknown(), has_more: z.boolean() }),
  payload: z.array(contactWithInboxes),
});
const one = object({ payload: contactWithInboxes });
const titles = object({ payload: z.array(text) });

const with200 = (schema: z.ZodType): AnswersOfRoute => ({ 200: fits(schema) });
/** 200 without a body. */
const nothing: AnswersOfRoute = { 200: null };

const routes: Readonly<Record<string, AnswersOfRoute>> = {
  'GET /contacts': with200(contactPage),
  'GET /contacts/search': with200(found),
  'POST /contacts/filter': with200(contactPage),
  'POST /contacts': with200(
    object({
      payload: object({
        contact: contactWithInboxes,
        contact_inbox: z.union([inboxOfContact, object({ inbox: z.null(), source_id: z.null() })]),
      }),
    }),
  ),
  'GET /contacts/:id': with200(one),
  'PUT /contacts/:id': with200(one),
  'PATCH /contacts/:id': with200(one),
  'DELETE /contacts/:id': nothing,
  'POST /contacts/:id/destroy_custom_attributes': with200(one),
  'GET /contacts/:id/labels': with200(titles),
  'POST /contacts/:id/labels': with200(titles),
  'GET /contacts/:id/conversations': with200(object({ payload: z.array(conversation) })),
  'POST /actions/contact_merge': with200(contact),
  'GET /conversations': with200(object({ data: object({ meta: counts, payload: z.array(conversation) }) })),
  'POST /conversations/filter': with200(object({ meta: counts, payload: z.array(conversation) })),
  'POST /conversations': with200(conversation),
  'GET /conversations/:id': with200(conversation),
  'POST /conversations/:id/toggle_status': with200(
    object({
      meta: object({}),
      payload: object({
        success: z.boolean(),
        conversation_id: id,
        current_status: z.enum(conversationStatuses),
        snoozed_until: orNull,
      }),
    }),
  ),
  'POST /conversations/:id/custom_attributes': with200(object({ custom_attributes: attributes })),
  'GET /conversations/:id/labels': with200(titles),
  'POST /conversations/:id/labels': with200(titles),
  'GET /conversations/:id/messages': with200(
    object({
      meta: object({
        labels: z.array(text),
        additional_attributes: attributes,
        contact: contactAsSender.nullable(),
        agent_last_seen_at: orNull,
        assignee_last_seen_at: orNull,
      }),
      payload: z.array(message),
    }),
  ),
  'POST /conversations/:id/messages': with200(message),
  'DELETE /conversations/:id/messages/:message': nothing,
  'GET /inboxes': with200(object({ payload: z.array(inbox) })),
  'GET /inboxes/:id': with200(inbox),
  'GET /webhooks': with200(object({ payload: object({ webhooks: z.array(webhook) }) })),
  'POST /webhooks': with200(object({ payload: object({ webhook }) })),
  'PUT /webhooks/:id': with200(object({ payload: object({ webhook }) })),
  'PATCH /webhooks/:id': with200(object({ payload: object({ webhook }) })),
  'DELETE /webhooks/:id': nothing,
  'GET /custom_attribute_definitions': with200(z.array(definition)),
  'POST /custom_attribute_definitions': with200(definition),
};

/** ChatWoot's forms of a refusal; the last one is rack-attack's. */
const refusals = z.union([
  object({ message: text, attributes: z.array(text).optional() }),
  object({ error: text, status: z.int().optional() }),
  object({ errors: z.array(text) }),
  z.literal('Retry later\n'),
]);

/** What ChatWoot 4.15 answers, taken from its views, its error handlers and its API description. */
export const chatwootAnswers: VendorAnswers = { routes, refusals: fits(refusals) };
