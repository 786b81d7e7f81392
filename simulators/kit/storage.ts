import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** A simulator's storage: one SQLite file that survives the end of the process. */
export class Storage {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  /**
   * @param file a path, or ":memory:"
   * @param tables SQL that creates them if they are missing
   */
  constructor(file: string, tables: string) {
    this.#database = new DatabaseSync(file);
    // Nothing is flushed to disk: the data must survive the end of the process, not of the machine.
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${tables}`);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Prepares it once. */
  statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) this.#prepared.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  /** Runs it in one transaction, or inside the one that is open. If it throws, what it wrote is undone. */
  atomically<Result>(work: () => Result): Result {
    this.exec('SAVEPOINT work');
    try {
      const result = work();
      this.exec('RELEASE work');
      return result;
    } catch (error) {
      this.exec('ROLLBACK TO work; RELEASE work');
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}
