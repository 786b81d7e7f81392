import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** The lock was not free in time; the caller retries later. */
export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError';
}

const POLL_MS = [10, 20, 40, 80, 120] as const;

/**
 * PostgreSQL's advisory locks for work that outlasts a statement: remote calls. One connection holds all locks of a
 * process; within the process, callers of one name queue in order. If the connection is lost, so are its locks. That is
 * safe, because they guard idempotent work with fencing tokens (architecture rule 14).
 */
export class AdvisoryLocks {
  readonly #databaseUrl: string;
  #client: Promise<pg.Client> | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** The last entry of the queue for each name. */
  readonly #queues = new Map<string, Promise<void>>();

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  /**
   * Runs `work` while holding all of these names, across all processes. Names are taken in sorted order, which prevents
   * deadlocks.
   *
   * @throws LockTimeoutError
   */
  async withLocks<T>(names: readonly string[], timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const [name, ...others] = [...new Set(names)].toSorted();
    if (name === undefined) return work();
    const deadline = performance.now() + timeoutMs;
    const leave = await this.#enterQueue(name, deadline);
    try {
      await this.#lock(name, deadline);
      try {
        return await this.withLocks(others, Math.max(0, deadline - performance.now()), work);
      } finally {
        await this.#unlock(name);
      }
    } finally {
      leave();
    }
  }

  /**
   * Runs `work` while holding one of these names, whichever gets free first.
   *
   * @throws LockTimeoutError
   */
  async withOneOf<T>(names: readonly string[], timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (let tries = 0; ; tries += 1) {
      for (const name of names) {
        if (this.#queues.has(name)) continue;
        const leave = await this.#enterQueue(name, deadline);
        if (!(await this.#tryLock(name).catch(giveBack(leave)))) {
          leave();
          continue;
        }
        try {
          return await work();
        } finally {
          await this.#unlock(name);
          leave();
        }
      }
      if (performance.now() >= deadline) throw new LockTimeoutError('all are taken');
      await sleep(pauseOf(tries));
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await (await client?.catch(() => null))?.end();
  }

  /** Waits for its turn within this process. @returns a function that lets the next one in. */
  async #enterQueue(name: string, deadline: number): Promise<() => void> {
    const before = this.#queues.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    const place = before === undefined ? promise : before.then(() => promise);
    this.#queues.set(name, place);
    const leave = () => {
      resolve();
      if (this.#queues.get(name) === place) this.#queues.delete(name);
    };
    if (before === undefined) return leave;
    const inTime = await Promise.race([
      before.then(() => true),
      sleep(Math.max(0, deadline - performance.now()), false, { ref: false }),
    ]);
    if (inTime) return leave;
    leave();
    throw new LockTimeoutError('others are before');
  }

  async #lock(name: string, deadline: number): Promise<void> {
    for (let tries = 0; !(await this.#tryLock(name)); tries += 1) {
      if (performance.now() >= deadline) throw new LockTimeoutError('held by another process');
      await sleep(pauseOf(tries));
    }
  }

  async #tryLock(name: string): Promise<boolean> {
    const client = await this.#connection();
    return this.#inTurn(async () => {
      const { rows } = await client.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
        [name],
      );
      return rows[0]?.locked === true;
    });
  }

  /** If the connection is lost, so are its locks. */
  async #unlock(name: string): Promise<void> {
    const client = await this.#client?.catch(() => null);
    if (client === null || client === undefined) return;
    const unlock = () => client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]);
    await this.#inTurn(unlock).catch(() => undefined);
  }

  /** A connection runs one statement at a time. */
  #inTurn<T>(statement: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(statement);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #connection(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client;
    const client = new pg.Client({
      connectionString: this.#databaseUrl,
      application_name: 'ems-sync locks',
      connectionTimeoutMillis: 10_000,
    });
    const connecting = client.connect().then(() => client);
    const forget = () => {
      if (this.#client === connecting) this.#client = null;
    };
    // A broken connection reports more than one error. The next caller opens a new one.
    client.on('error', forget);
    client.on('end', forget);
    connecting.catch(forget);
    this.#client = connecting;
    return connecting;
  }
}

const pauseOf = (tries: number) => (POLL_MS[Math.min(tries, POLL_MS.length - 1)] ?? 120) * (0.5 + Math.random());

function giveBack(leave: () => void) {
  return (error: unknown): never => {
    leave();
    throw error;
  };
}

/** For dry runs: nothing is written, so nobody has to wait. */
export class NoLocks extends AdvisoryLocks {
  override withLocks<T>(_names: readonly string[], _timeoutMs: number, work: () => Promise<T>): Promise<T> {
    return work();
  }
}
