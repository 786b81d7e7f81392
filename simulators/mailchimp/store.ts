import { DatabaseSync } from 'node:sqlite';
import { Collection, type IndexKeys, type Persistence } from '../kit/collection.ts';
import { keyOf, subscriberHash } from './identity.ts';
import type {
  Batch,
  Forgotten,
  Hook,
  Interest,
  InterestCategory,
  Member,
  MergeField,
  Permission,
  Tag,
} from './records.ts';
import { type Setup, fieldsOf } from './setup.ts';

/** Mailchimp's own storage: collections in memory, each change written through to a file. */
export class Store {
  readonly members: Collection<Member, 'hash' | 'contact'>;
  readonly forgotten: Collection<Forgotten, 'hash'>;
  readonly tags: Collection<Tag, 'name' | 'folded'>;
  readonly mergeFields: Collection<MergeField, 'tag'>;
  readonly categories: Collection<InterestCategory, 'key'>;
  readonly interests: Collection<Interest, 'key' | 'category'>;
  readonly permissions: Collection<Permission, 'key'>;
  readonly hooks: Collection<Hook, 'key' | 'url'>;
  readonly batches: Collection<Batch, 'key'>;
  readonly #database: DatabaseSync;
  readonly #setup: Setup;

  /**
   * @param file a path, or ":memory:"
   * @param now milliseconds since 1970
   * @param setup what the list is while the file is new
   */
  constructor(file: string, now: () => number, setup: Setup) {
    this.#setup = setup;
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

    this.members = collection<Member, 'hash' | 'contact'>('member', {
      hash: ({ email }) => [subscriberHash(email)],
      contact: ({ contactId }) => [contactId],
    });
    this.forgotten = collection<Forgotten, 'hash'>('forgotten', { hash: ({ hash }) => [hash] });
    this.tags = collection<Tag, 'name' | 'folded'>('tag', {
      name: ({ name }) => [name],
      folded: ({ name }) => [name.toLowerCase()],
    });
    this.mergeFields = collection<MergeField, 'tag'>('merge-field', { tag: ({ tag }) => [tag] });
    this.categories = collection<InterestCategory, 'key'>('category', { key: ({ key }) => [key] });
    this.interests = collection<Interest, 'key' | 'category'>('interest', {
      key: ({ key }) => [key],
      category: ({ category }) => [category],
    });
    this.permissions = collection<Permission, 'key'>('permission', { key: ({ key }) => [key] });
    this.hooks = collection<Hook, 'key' | 'url'>('hook', { key: ({ key }) => [key], url: ({ url }) => [url] });
    this.batches = collection<Batch, 'key'>('batch', { key: ({ key }) => [key] });
    this.#seed();
  }

  addCategory(category: Pick<InterestCategory, 'title' | 'type'>): InterestCategory {
    const id = this.categories.nextId();
    return this.categories.save({ ...category, id, key: keyOf('category', id) });
  }

  addInterest(category: InterestCategory, name: string): Interest {
    const id = this.interests.nextId();
    return this.interests.save({ id, key: keyOf('interest', id), category: category.key, name });
  }

  /** As it was at the beginning; ids begin anew. */
  reset(): void {
    this.#database.exec('DELETE FROM record');
    const { members, forgotten, tags, mergeFields, categories, interests, permissions, hooks, batches } = this;
    for (const each of [members, forgotten, tags, mergeFields, categories, interests, permissions, hooks, batches]) {
      each.reset();
    }
    this.#seed();
  }

  close(): void {
    this.#database.close();
  }

  #seed(): void {
    if (this.mergeFields.all().length > 0) return;
    for (const field of fieldsOf(this.#setup)) {
      this.mergeFields.save({ ...field, id: this.mergeFields.nextId() });
    }
    for (const { title, interests } of this.#setup.interestCategories) {
      const category = this.addCategory({ title, type: 'checkboxes' });
      for (const name of interests) this.addInterest(category, name);
    }
    for (const text of this.#setup.marketingPermissions) {
      const id = this.permissions.nextId();
      this.permissions.save({ id, key: keyOf('permission', id), text });
    }
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
