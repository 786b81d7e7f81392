import { Collection, type IndexKeys, type Persistence } from './collection.ts';
import { Storage } from './storage.ts';

/** A store made of collections in memory. Each change is written through to one file. */
export abstract class CollectionStore {
  readonly #storage: Storage;
  readonly #now: () => number;
  readonly #collections: { reset(): void }[] = [];

  /**
   * @param file a path, or ":memory:"
   * @param now milliseconds since 1970
   */
  constructor(file: string, now: () => number) {
    this.#now = now;
    this.#storage = new Storage(
      file,
      'CREATE TABLE IF NOT EXISTS record (kind TEXT, id INTEGER, body TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;',
    );
  }

  /** Empties every collection; ids start at 1 again. */
  reset(): void {
    this.#storage.exec('DELETE FROM record');
    for (const collection of this.#collections) collection.reset();
  }

  close(): void {
    this.#storage.close();
  }

  /** @param kind the collection's name in the file */
  protected collection<Row extends { readonly id: number }, Index extends string = never>(
    kind: string,
    keys: IndexKeys<Row, Index>,
  ): Collection<Row, Index> {
    const collection = new Collection<Row, Index>(this.#persistence<Row>(kind), this.#now, keys);
    this.#collections.push(collection);
    return collection;
  }

  #persistence<Row>(kind: string): Persistence<Row> {
    const saved = this.#storage.statement('SELECT id, body FROM record WHERE kind = ? ORDER BY id').all(kind);
    const write = this.#storage.statement('INSERT OR REPLACE INTO record (kind, id, body) VALUES (?, ?, ?)');
    return {
      rows: saved.flatMap(({ body }): Row[] => (typeof body === 'string' ? [JSON.parse(body)] : [])),
      lastId: Number(saved.at(-1)?.['id'] ?? 0),
      write: (id, row) => void write.run(kind, id, row === null ? null : JSON.stringify(row)),
    };
  }
}
