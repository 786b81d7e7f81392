import { assertAbout } from '../assert-about.ts';
import { Paging } from '../paging.ts';
import {
  anyContacts,
  anyConversations,
  anything,
  contacts,
  conversation,
  conversations,
  created,
  definitions,
  inboxes,
  message,
  messages,
  single,
  withId,
  type Contact,
  type Conversation,
  type Message,
} from './answers.ts';
import { ChatwootHttp, type Answer } from './http.ts';
import type { ChatwootSettings } from './settings.ts';

/** The body of a write: absent fields keep their value, null clears, custom attributes are merged. */
export type ContactBody = Readonly<Record<string, unknown>> & {
  readonly custom_attributes?: Readonly<Record<string, unknown>>;
};

export type ContactAttribute = 'identifier' | 'email' | 'phone_number';

export interface NewMessage {
  readonly content: string;
  readonly message_type: 'outgoing';
  readonly private: boolean;
  readonly source_id: string;
}

/** A custom attribute of a contact or a conversation, with ChatWoot's property names. */
export interface Definition {
  readonly attribute_key: string;
  readonly attribute_model: 'contact_attribute' | 'conversation_attribute';
}

/** Pages of 100 messages of one conversation. */
const MOST_MESSAGE_PAGES = 500;

/** The part of ChatWoot's application API that we use. */
export class ChatwootApi {
  readonly #http: ChatwootHttp;
  readonly #inbox: number;

  constructor(settings: ChatwootSettings) {
    this.#http = new ChatwootHttp(settings);
    this.#inbox = settings.CHATWOOT_INBOX_ID;
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  /** @throws SyncError if address, account, token or inbox is wrong, or ChatWoot does not answer. */
  async probe(): Promise<void> {
    await this.#http.get('GET', `inboxes/${this.#inbox}`, withId);
  }

  /** All inboxes of the account. */
  async inboxes() {
    return (await this.#http.get('GET', 'inboxes', inboxes)).payload;
  }

  async createContact(body: ContactBody): Promise<Answer<Contact>> {
    return mapAnswer(
      await this.#http.ask('POST', 'contacts', created, { json: body }),
      ({ payload }) => payload.contact,
    );
  }

  async updateContact(id: string, body: ContactBody): Promise<Answer<Contact>> {
    return mapAnswer(await this.#http.ask('PUT', `contacts/${id}`, single, { json: body }), ({ payload }) =>
      about(payload, id, 'PUT contacts'),
    );
  }

  /** Null if it does not exist. */
  async contact(id: string): Promise<Contact | null> {
    const found = await this.#http.find(`contacts/${id}`, single);
    return found === null ? null : about(found.payload, id, 'GET contacts');
  }

  /**
   * Contacts that have one of these values. ChatWoot ignores case and the list may lag, so the caller must compare the
   * values.
   */
  async findContacts(values: readonly (readonly [ContactAttribute, string])[]): Promise<Contact[]> {
    const payload = values.map(([attribute_key, value], index) => ({
      attribute_key,
      filter_operator: 'equal_to',
      values: [value],
      query_operator: index === values.length - 1 ? null : 'OR',
    }));
    const found = await this.#http.get('POST', 'contacts/filter', contacts, {
      searchParams: { sort: 'created_at' },
      json: { payload },
    });
    return found.payload;
  }

  /** One page of all contacts with an e-mail address, phone number or identifier, oldest first; empty at the end. */
  async contactPage(page: number): Promise<readonly unknown[]> {
    // Without `sort`, every page has a different order.
    const searchParams = { sort: 'created_at', page };
    return (await this.#http.get('GET', 'contacts', anyContacts, { searchParams })).payload;
  }

  /** The newest twenty. Null if the contact does not exist. */
  async conversationsOf(contactId: string): Promise<Conversation[] | null> {
    return (await this.#http.find(`contacts/${contactId}/conversations`, conversations))?.payload ?? null;
  }

  async findConversations(attribute_key: string, value: string): Promise<Conversation[]> {
    const payload = [{ attribute_key, filter_operator: 'equal_to', values: [value], query_operator: null }];
    return (await this.#http.get('POST', 'conversations/filter', conversations, { json: { payload } })).payload;
  }

  createConversation(
    contactId: string,
    custom_attributes: Readonly<Record<string, unknown>>,
  ): Promise<Answer<Conversation>> {
    const json = { inbox_id: this.#inbox, contact_id: Number(contactId), status: 'open', custom_attributes };
    return this.#http.ask('POST', 'conversations', conversation, { json });
  }

  /** Null if it does not exist. */
  async conversation(id: string): Promise<Conversation | null> {
    const found = await this.#http.find(`conversations/${id}`, conversation);
    return found === null ? null : about(found, id, 'GET conversations');
  }

  /** Replaces all custom attributes: unlike a contact's, a conversation's are not merged. */
  async replaceAttributes(id: string, custom_attributes: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#http.get('POST', `conversations/${id}/custom_attributes`, anything, { json: { custom_attributes } });
  }

  /** One page of all conversations, oldest first; empty at the end. */
  async conversationPage(page: number): Promise<readonly unknown[]> {
    const searchParams = { status: 'all', sort_by: 'created_at_asc', page };
    return (await this.#http.get('GET', 'conversations', anyConversations, { searchParams })).data.payload;
  }

  /** All conversations changed within the last `seconds`, in one answer. */
  async conversationsWithin(seconds: number): Promise<readonly unknown[]> {
    const searchParams = { status: 'all', updated_within: seconds };
    return (await this.#http.get('GET', 'conversations', anyConversations, { searchParams })).data.payload;
  }

  /** All messages, oldest first. Null if the conversation does not exist. */
  async messages({ id, meta: { sender } }: Conversation): Promise<Message[] | null> {
    const conversationId = String(id);
    const path = `conversations/${conversationId}/messages`;
    const paging = new Paging({ target: 'ChatWoot', what: `GET ${path}`, mostPages: MOST_MESSAGE_PAGES });
    const all: Message[] = [];
    for (let after = 0; ;) {
      const page = await this.#http.find(path, messages, { searchParams: { after } });
      if (page === null) return null;
      const contact = page.meta?.contact;
      // A page without messages tells only whose conversation it is of.
      if (contact != null && sender != null) about(contact, String(sender.id), 'GET messages');
      for (const one of page.payload) isIn(one, conversationId, 'GET messages');
      const last = Math.max(0, ...page.payload.map(({ id }) => id));
      all.push(...page.payload);
      // ChatWoot decides the page size, so the last page is the one without a newer message.
      if (last <= after) return all.toSorted((one, other) => one.id - other.id);
      paging.note(JSON.stringify(page.payload));
      after = last;
    }
  }

  async postMessage(conversationId: string, body: NewMessage): Promise<Answer<Message>> {
    const answer = await this.#http.ask('POST', `conversations/${conversationId}/messages`, message, { json: body });
    if (answer.kind === 'answered') isIn(answer.value, conversationId, 'POST messages');
    return answer;
  }

  /** Permanently deletes the contact and its conversations. */
  async deleteContact(id: number): Promise<void> {
    await this.#http.delete(`contacts/${id}`);
  }

  /** Deletes the message's text; the message stays. */
  async deleteMessage(conversationId: string, id: number): Promise<void> {
    await this.#http.delete(`conversations/${conversationId}/messages/${id}`);
  }

  async attributeDefinitions() {
    return this.#http.get('GET', 'custom_attribute_definitions', definitions);
  }

  /** Refused if it already exists. */
  defineAttribute(definition: Definition & { readonly attribute_display_name: string }): Promise<Answer<unknown>> {
    const json = { ...definition, attribute_display_type: 'text' };
    return this.#http.ask('POST', 'custom_attribute_definitions', anything, { json });
  }
}

function about<T extends { readonly id: number }>(found: T, asked: string, what: string): T {
  assertAbout({ target: 'ChatWoot', what }, { field: 'id', asked, answered: String(found.id) });
  return found;
}

function isIn({ conversation_id: answered }: Message, asked: string, what: string): void {
  if (answered == null) return;
  assertAbout({ target: 'ChatWoot', what }, { field: 'conversation_id', asked, answered: String(answered) });
}

function mapAnswer<T, U>(answer: Answer<T>, map: (value: T) => U): Answer<U> {
  return answer.kind === 'answered' ? { ...answer, value: map(answer.value) } : answer;
}
