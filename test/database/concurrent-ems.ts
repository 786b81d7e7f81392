import { Client } from 'pg';

/** One of EMS's sessions: at most one transaction is open in it. */
interface Session {
  readonly client: Client;
  isOpen: boolean;
  /** Rows that its transaction has locked. */
  locked: Set<string>;
  savepoints: number;
}

const SESSIONS = 4;

/** EMS's database with concurrent transactions that stay open, are prepared, or go back to a savepoint. */
export class ConcurrentEms {
  readonly #admin: Client;
  readonly #sessions: readonly Session[];
  readonly #canPrepare: boolean;
  readonly #prepared = new Map<string, Set<string>>();
  #names = 0;

  private constructor(admin: Client, sessions: readonly Session[], canPrepare: boolean) {
    this.#admin = admin;
    this.#sessions = sessions;
    this.#canPrepare = canPrepare;
  }

  static async connect(url: string): Promise<ConcurrentEms> {
    const clients = Array.from({ length: SESSIONS + 1 }, () => new Client({ connectionString: url }));
    for (const client of clients) await client.connect();
    const [admin, ...others] = clients as [Client, ...Client[]];
    const { rows } = await admin.query<{ max: string }>(`SELECT current_setting('max_prepared_transactions') AS max`);
    const sessions = others.map((client) => ({ client, isOpen: false, locked: new Set<string>(), savepoints: 0 }));
    return new ConcurrentEms(admin, sessions, rows[0]?.max !== '0');
  }

  async close(): Promise<void> {
    await this.endAll(false);
    for (const { client } of this.#sessions) await client.end();
    await this.#admin.end();
  }

  /** Writes with a stamp that is off by some milliseconds; left out if another open transaction has locked the row. */
  async write(at: number, table: string, id: number, { set, offMs }: { set: string; offMs: number }) {
    const session = this.#session(at);
    const row = `${table}/${id}`;
    if (this.#isLocked(row, session)) return;
    await session.client.query(
      `UPDATE ${table} SET ${set}, modified_on = clock_timestamp() + $2 * interval '1 millisecond' WHERE id = $1`,
      [id, offMs],
    );
    if (session.isOpen) session.locked.add(row);
  }

  async insert(at: number, statement: string, offMs: number): Promise<void> {
    await this.#session(at).client.query(statement, [offMs]);
  }

  async begin(at: number): Promise<void> {
    const session = this.#session(at);
    if (session.isOpen) return;
    await session.client.query('BEGIN');
    session.isOpen = true;
  }

  async savepoint(at: number): Promise<void> {
    const session = this.#session(at);
    if (!session.isOpen) return;
    session.savepoints += 1;
    await session.client.query(`SAVEPOINT s${session.savepoints}`);
  }

  async toSavepoint(at: number): Promise<void> {
    const session = this.#session(at);
    if (session.savepoints > 0) await session.client.query(`ROLLBACK TO SAVEPOINT s${session.savepoints}`);
  }

  async end(at: number, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const session = this.#session(at);
    if (!session.isOpen) return;
    await session.client.query(how);
    this.#ended(session);
  }

  /** Ends the session's transaction without committing it: it stays open, without a session. */
  async prepare(at: number): Promise<void> {
    const session = this.#session(at);
    if (!session.isOpen || !this.#canPrepare) return;
    this.#names += 1;
    const name = `p${this.#names}`;
    await session.client.query(`PREPARE TRANSACTION '${name}'`);
    this.#prepared.set(name, session.locked);
    this.#ended(session);
  }

  async endPrepared(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const [name] = this.#prepared.keys();
    if (name === undefined) return;
    await this.#admin.query(`${how} PREPARED '${name}'`);
    this.#prepared.delete(name);
  }

  async endAll(commit: boolean): Promise<void> {
    const how = commit ? 'COMMIT' : 'ROLLBACK';
    while (this.#prepared.size > 0) await this.endPrepared(how);
    for (const [at] of this.#sessions.entries()) await this.end(at, how);
  }

  #session(at: number): Session {
    const session = this.#sessions[at % SESSIONS];
    if (session === undefined) throw new RangeError('there is no such session');
    return session;
  }

  #isLocked(row: string, session: Session): boolean {
    const others = this.#sessions.filter((one) => one !== session).map(({ locked }) => locked);
    return [...others, ...this.#prepared.values()].some((locked) => locked.has(row));
  }

  #ended(session: Session): void {
    session.isOpen = false;
    session.locked = new Set();
    session.savepoints = 0;
  }
}
