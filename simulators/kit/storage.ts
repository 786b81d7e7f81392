import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** A simulator's storage: one SQLite file that survives a restart of the process. */
export class Storage {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  /**
   * @param file a path, or ":memory:"
   * @param tables SQL that creates them if they are missing
   */
  constructor(file: string, tables: string) {
    this.#database = new DatabaseSync(file);
    // No flush to disk: the data must survive the process, not the machine.
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; ${tables}`);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Prepares the statement once and caches it. */
  statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) this.#prepared.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }

  /** Runs `work` in one transaction, nested in the open one if there is one. Rolls back if it throws. */
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
