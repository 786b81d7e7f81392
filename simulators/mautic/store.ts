import { DatabaseSync } from 'node:sqlite';
import { Collection, type IndexKeys, type Persistence } from '../kit/collection.ts';
import { folded } from './clean.ts';
import type { Contact, Field, FieldValue, Grant, Hook, Segment, Tag } from './records.ts';
import { standardFields } from './standard-fields.ts';

/** What a contact is found by: `email ana@clube.example`. */
export const identifierKey = (alias: string, value: FieldValue): string => `${alias} ${folded(String(value))}`;

/** Mautic's own storage: collections in memory, each change written through to a file. */
export class Store {
  readonly contacts: Collection<Contact, 'value'>;
  readonly tags: Collection<Tag, 'tag'>;
  readonly segments: Collection<Segment, 'alias'>;
  readonly fields: Collection<Field, 'alias'>;
  readonly hooks: Collection<Hook>;
  readonly grants: Collection<Grant, 'access' | 'refresh'>;
  readonly #database: DatabaseSync;
  #lastDncId: number;

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

    this.contacts = collection<Contact, 'value'>('contact', {
      value: ({ values }) => Object.entries(values).map(([alias, value]) => identifierKey(alias, value)),
    });
    this.tags = collection<Tag, 'tag'>('tag', { tag: ({ tag }) => [folded(tag)] });
    this.segments = collection<Segment, 'alias'>('segment', { alias: ({ alias }) => [alias] });
    this.fields = collection<Field, 'alias'>('field', { alias: ({ alias }) => [alias] });
    this.hooks = collection<Hook>('hook', {});
    this.grants = collection<Grant, 'access' | 'refresh'>('grant', {
      access: ({ accessToken }) => [accessToken],
      refresh: ({ refreshToken }) => [refreshToken],
    });
    this.#seedFields();
    this.#lastDncId = this.contacts
      .all()
      .flatMap(({ doNotContact }) => doNotContact)
      .reduce((last, { id }) => Math.max(last, id), 0);
  }

  /** Of a do-not-contact record; they count through all contacts. */
  nextDncId(): number {
    this.#lastDncId += 1;
    return this.#lastDncId;
  }

  reset(): void {
    this.#database.exec('DELETE FROM record');
    this.#lastDncId = 0;
    for (const each of [this.contacts, this.tags, this.segments, this.fields, this.hooks, this.grants]) each.reset();
    this.#seedFields();
  }

  close(): void {
    this.#database.close();
  }

  #seedFields(): void {
    if (this.fields.all().length > 0) return;
    for (const field of standardFields) this.fields.save({ ...field, id: this.fields.nextId() });
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
