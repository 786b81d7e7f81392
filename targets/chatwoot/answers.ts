import { z } from 'zod';
import { MOST_ITEMS, readBody } from '../answer.ts';

/** The fields of ChatWoot's answers that we need; others are ignored. */
const id = z.int().min(1);
const attributes = z.record(z.string(), z.unknown());

export const contact = z.looseObject({
  id,
  name: z.string().nullish(),
  email: z.string().nullish(),
  phone_number: z.string().nullish(),
  identifier: z.string().nullish(),
  custom_attributes: attributes.nullish(),
});

export type Contact = z.infer<typeof contact>;

export const conversation = z.looseObject({
  id,
  inbox_id: id,
  status: z.string(),
  custom_attributes: attributes.nullish(),
  created_at: z.number().min(0),
  last_activity_at: z.number().min(0).nullish(),
  /** Unix seconds with a fraction; missing before version 4. */
  updated_at: z.number().min(0).nullish(),
  meta: z.looseObject({
    /** Also null while the conversation of a deleted contact is being deleted. */
    sender: z.looseObject({ id }).nullish(),
    channel: z.string().nullish(),
  }),
});

export type Conversation = z.infer<typeof conversation>;

export const message = z.looseObject({
  id,
  /** The conversation's id, as its address has it. */
  conversation_id: id.nullish(),
  content: z.string().nullish(),
  /** 0 incoming, 1 outgoing, 2 activity, 3 template. */
  message_type: z.int(),
  private: z.boolean().nullish(),
  source_id: z.string().nullish(),
  created_at: z.number().min(0),
  content_attributes: z.looseObject({ deleted: z.boolean().nullish() }).nullish(),
  sender: z.looseObject({ name: z.string().nullish() }).nullish(),
});

export type Message = z.infer<typeof message>;

/** `hmac_mandatory` is there for channels that know it. */
export const inboxes = z.looseObject({
  payload: z.array(z.looseObject({ id, channel_type: z.string(), hmac_mandatory: z.boolean().nullish() })),
});

export const created = z.looseObject({ payload: z.looseObject({ contact }) });
export const single = z.looseObject({ payload: contact });
export const contacts = z.looseObject({ payload: z.array(contact).max(MOST_ITEMS) });
export const conversations = z.looseObject({ payload: z.array(conversation).max(MOST_ITEMS) });
export const messages = z.looseObject({
  meta: z.looseObject({ contact: z.looseObject({ id }).nullish() }).nullish(),
  payload: z.array(message).max(MOST_ITEMS),
});
export const definitions = z.array(z.looseObject({ attribute_key: z.string(), attribute_model: z.string() }));

/** Items are parsed one by one, so that an invalid item does not affect the others. */
export const anyContacts = z.looseObject({ payload: z.array(z.unknown()).max(MOST_ITEMS) });
export const anyConversations = z.looseObject({
  data: z.looseObject({ payload: z.array(z.unknown()).max(MOST_ITEMS) }),
});

export const anything = z.unknown();
export const withId = z.looseObject({ id });

const refusal = z.looseObject({ message: z.string().nullish(), attributes: z.array(z.string()).nullish() });

/** What we read of a 422. Its texts are for people, in the account's language. */
export interface Refused {
  readonly attributes: readonly string[];
  /** Whether ChatWoot reports that another record has one of the values. Only its text shows this. */
  readonly saysTaken: boolean;
}

/** What Rails names besides a request's attributes: the record as a whole and its associations. */
const RAILS_NAMES: readonly string[] = ['base', 'contact', 'content', 'inbox'];

/** ChatWoot's messages are short. */
const LONGEST_WORDS = 1_000;

/**
 * Null if the body is not ChatWoot's.
 *
 * @param sent the body of the request: only its attributes are reported.
 */
export function readRefused(body: string, sent: unknown): Refused | null {
  const found = readBody(refusal, body);
  if (found === null) return null;
  const known = new Set([...RAILS_NAMES, ...Object.keys(Object(sent))]);
  const named = new Set(found.attributes);
  return {
    attributes: [...known].filter((name) => named.has(name)),
    saysTaken: /\btaken\b/i.test((found.message ?? '').slice(0, LONGEST_WORDS)),
  };
}

/** `{"error":"Resource could not be found"}` */
export function isErrorBody(body: string): boolean {
  return readBody(z.looseObject({ error: z.string() }), body) !== null;
}
