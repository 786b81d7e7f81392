import { DatabaseSync } from 'node:sqlite';
import { Collection, type IndexKeys, type Persistence } from '../kit/collection.ts';
import type { AttributeDefinition, Contact, ContactInbox, Conversation, Message, Webhook } from './records.ts';

/** Where a contact lives in an inbox, as one text. */
export const addressOf = ({ inbox_id, source_id }: ContactInbox): string => `${inbox_id} ${source_id}`;

type ContactIndex = 'email' | 'identifier' | 'phone' | 'address' | 'sourceId';

/** ChatWoot's own storage: collections in memory, each change written through to a file. */
export class Store {
  readonly contacts: Collection<Contact, ContactIndex>;
  readonly conversations: Collection<Conversation, 'contact'>;
  readonly messages: Collection<Message, 'conversation'>;
  readonly webhooks: Collection<Webhook, 'url'>;
  readonly definitions: Collection<AttributeDefinition>;
  readonly #database: DatabaseSync;

  /**
   * @param file a path, or ":memory:"
   * @param now milliseconds since 1970
   */
  constructor(file: string, now: () => number) {
    this.#database = new DatabaseSync(file);
    // Nothing is synchronised to disk: it is to survive the end of the process, not of the machine.
    this.#database.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS record (kind TEXT, id INTEGER, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
    `);
    const collection = <Row extends { readonly id: number }, Index extends string = never>(
      kind: string,
      keys: IndexKeys<Row, Index>,
    ) => new Collection<Row, Index>(this.#persistence<Row>(kind), now, keys);

    this.contacts = collection<Contact, ContactIndex>('contact', {
      email: (contact) => [contact.email],
      identifier: (contact) => [contact.identifier],
      phone: (contact) => [contact.phone_number],
      address: (contact) => contact.contact_inboxes.map(addressOf),
      sourceId: (contact) => contact.contact_inboxes.map(({ source_id }) => source_id),
    });
    this.conversations = collection<Conversation, 'contact'>('conversation', { contact: (row) => [row.contact_id] });
    this.messages = collection<Message, 'conversation'>('message', { conversation: (row) => [row.conversation_id] });
    this.webhooks = collection<Webhook, 'url'>('webhook', { url: (webhook) => [webhook.url] });
    this.definitions = collection<AttributeDefinition>('definition', {});
  }

  reset(): void {
    this.#database.exec('DELETE FROM record');
    this.contacts.reset();
    this.conversations.reset();
    this.messages.reset();
    this.webhooks.reset();
    this.definitions.reset();
  }

  close(): void {
    this.#database.close();
  }

  #persistence<Row>(kind: string): Persistence<Row> {
    const saved = this.#database.prepare('SELECT id, body FROM record WHERE kind = ? ORDER BY id').all(kind);
    const write = this.#database.prepare('INSERT OR REPLACE INTO record (kind, id, body) VALUES (?, ?, ?)');
    return {
      rows: saved.flatMap(({ body }): Row[] => (typeof body === 'string' ? [JSON.parse(body)] : [])),
      lastId: Number(saved.at(-1)?.['id'] ?? 0),
      write: (id, row) => void write.run(kind, id, row === null ? null : JSON.stringify(row)),
    };
  }
}
