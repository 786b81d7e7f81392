import { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';

/** What we read of ChatWoot's answers; further fields are welcome, these are needed. */
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
  /** Unix seconds with a fraction; versions before 4 do not tell it. */
  updated_at: z.number().min(0).nullish(),
  meta: z.looseObject({
    /** Null while a deleted contact's conversation is being deleted, too. */
    sender: z.looseObject({ id }).nullish(),
    channel: z.string().nullish(),
  }),
});

export type Conversation = z.infer<typeof conversation>;

export const message = z.looseObject({
  id,
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

export const created = z.looseObject({ payload: z.looseObject({ contact }) });
export const single = z.looseObject({ payload: contact });
export const contacts = z.looseObject({ payload: z.array(contact) });
export const conversations = z.looseObject({ payload: z.array(conversation) });
export const messages = z.looseObject({ payload: z.array(message) });
export const definitions = z.array(z.looseObject({ attribute_key: z.string(), attribute_model: z.string() }));

/** Pages whose items are read one by one: a bad one must not spoil the others. */
export const anyContacts = z.looseObject({ payload: z.array(z.unknown()) });
export const anyConversations = z.looseObject({ data: z.looseObject({ payload: z.array(z.unknown()) }) });

export const anything = z.unknown();
export const withId = z.looseObject({ id });

const refusal = z.looseObject({ message: z.string().nullish(), attributes: z.array(z.string()).nullish() });

/** Which attributes a 422 names; its words are for people, and in the language of the account. */
export interface Refused {
  readonly attributes: readonly string[];
  /** ChatWoot says of one of them that another record has it: its words, where nothing else tells it. */
  readonly saysTaken: boolean;
}

const ATTRIBUTE = /^[a-z_]{1,40}$/;

export function readRefused(body: string): Refused {
  const parsed = refusal.safeParse(parseJson(body));
  const { message: words, attributes: named } = parsed.success ? parsed.data : {};
  return {
    attributes: (named ?? []).filter((name) => ATTRIBUTE.test(name)),
    saysTaken: /\btaken\b/i.test(words ?? ''),
  };
}

/** `{"error":"Resource could not be found"}` */
export function isErrorBody(body: string): boolean {
  return z.looseObject({ error: z.string() }).safeParse(parseJson(body)).success;
}

/**
 * Reads an answer that must have a shape.
 *
 * @throws SyncError of class `contract`, naming the field, if it has another: the answer is not trusted, whatever its status.
 */
export function readAnswer<T>(schema: z.ZodType<T>, body: string, what: string): T {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const field = placeOf(parsed.error);
  throw new SyncError('contract', `ChatWoot's answer to ${what} does not fit the contract at ${field}`, {
    code: 'contract',
    field,
  });
}

/** `payload.0.email`; keys of custom attributes are left out, as a person may have chosen them. */
export function placeOf({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined || issue.path.length === 0) return 'body';
  const path = issue.path.map(String);
  const custom = path.indexOf('custom_attributes');
  return path.slice(0, custom === -1 ? path.length : custom + 1).join('.');
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
