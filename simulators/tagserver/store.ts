import { EventEmitter } from 'node:events';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { Storage } from '../kit/storage.ts';
import { type ResourceType, references, resourceTypes } from './resource-types.ts';
import { scopes } from './scopes.ts';

/** A resource as stored, live or a tombstone. Times are RFC 3339, UTC, milliseconds. */
export interface Row {
  readonly type: ResourceType;
  readonly id: string;
  readonly version: number;
  /** A decimal number above 2^53. */
  readonly sequence: string;
  readonly sourceVersion: number | null;
  readonly hash: string;
  /** JSON; a tombstone keeps its last content only for filters; null = deleted before it ever existed. */
  readonly content: string | null;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly clientId: string;
  readonly requestId: string | null;
  readonly deletedAt: string | null;
}

export interface ListQuery {
  readonly type: ResourceType;
  /** Only ids greater than this. */
  readonly after: string;
  readonly eventId?: string | undefined;
  readonly raceId?: string | undefined;
  readonly includeDeleted: boolean;
  readonly limit: number;
}

export interface ChangesQuery {
  readonly after: string;
  readonly types: readonly ResourceType[];
  readonly excludeClient?: string | undefined;
  readonly limit: number;
}

/**
 * The sequence before the first. It is 2^53, so that a client which parses sequences as doubles cannot tell neighbours
 * apart.
 */
const BEFORE_FIRST = 2n ** 53n;

const referenceColumns = Object.keys(references)
  .map((property) => `"${property}" TEXT GENERATED ALWAYS AS (content ->> '${property}') VIRTUAL`)
  .join(', ');

const referenceIndexes = Object.keys(references)
  .map((property) => `CREATE INDEX IF NOT EXISTS "by_${property}" ON resource ("${property}") WHERE deletedAt IS NULL;`)
  .join('\n');

const COLUMNS = `type, id, version, CAST(sequence AS TEXT) AS sequence, sourceVersion, hash, content, createdAt, changedAt,
  clientId, requestId, deletedAt`;

/** TagServer's storage. It has one row per resource, so the feed (rows in order of sequence) is always compacted. */
export class Store {
  readonly #storage: Storage;
  readonly #committed = new EventEmitter().setMaxListeners(0);
  #latest = BEFORE_FIRST;

  /** @param file a path, or ":memory:" */
  constructor(file: string) {
    this.#storage = new Storage(
      file,
      `CREATE TABLE IF NOT EXISTS resource (
        type TEXT, id TEXT, version INTEGER NOT NULL, sequence INTEGER NOT NULL, sourceVersion INTEGER, hash TEXT NOT NULL,
        content TEXT, createdAt TEXT NOT NULL, changedAt TEXT NOT NULL, clientId TEXT NOT NULL, requestId TEXT,
        deletedAt TEXT, ${referenceColumns}, PRIMARY KEY (type, id)) WITHOUT ROWID;
      CREATE UNIQUE INDEX IF NOT EXISTS by_sequence ON resource (sequence);
      CREATE INDEX IF NOT EXISTS by_bib ON resource ("raceId", content ->> 'bib') WHERE deletedAt IS NULL AND type = 'event-participants';
      CREATE INDEX IF NOT EXISTS by_code ON resource ("eventId", content ->> 'code') WHERE deletedAt IS NULL AND type = 'tags';
      ${referenceIndexes}
      CREATE TABLE IF NOT EXISTS purged (upTo INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS idempotency (
        clientId TEXT, key TEXT, fingerprint TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (clientId, key));`,
    );
    this.#readLatest();
  }

  /** The sequence of the latest commit. */
  get latest(): string {
    return String(this.#latest);
  }

  /** Tombstones up to this sequence have been purged. */
  get purgedUpTo(): string {
    return String(this.#statement('SELECT CAST(coalesce(max(upTo), 0) AS TEXT) AS upTo FROM purged').get()?.['upTo']);
  }

  find(type: ResourceType, id: string): Row | undefined {
    return this.#row(`SELECT ${COLUMNS} FROM resource WHERE type = ? AND id = ?`, type, id);
  }

  /** Stores a new version of a resource with the next sequence. */
  save(row: Omit<Row, 'sequence'>): Row {
    this.#latest += 1n;
    this.#statement(
      `INSERT OR REPLACE INTO resource (type, id, version, sequence, sourceVersion, hash, content, createdAt, changedAt, clientId, requestId, deletedAt)
       VALUES (:type, :id, :version, :sequence, :sourceVersion, :hash, :content, :createdAt, :changedAt, :clientId, :requestId, :deletedAt)`,
    ).run({ ...row, sequence: this.#latest });
    return { ...row, sequence: this.latest };
  }

  /** Stores the number of an attempt that changed nothing, without a new version or sequence. */
  setSourceVersion(row: Row, sourceVersion: number): Row {
    this.#run('UPDATE resource SET sourceVersion = ? WHERE type = ? AND id = ?', sourceVersion, row.type, row.id);
    return { ...row, sourceVersion };
  }

  /** The live resources that refer to this one. */
  dependents(type: ResourceType, id: string): Row[] {
    const property = Object.keys(references).find((name) => references[name] === type);
    if (property === undefined) return [];
    return this.#rows(
      `SELECT ${COLUMNS} FROM resource WHERE "${property}" = ? AND deletedAt IS NULL ORDER BY resource.sequence`,
      id,
    );
  }

  /** The live participant with this bib in this race. */
  holderOfBib(raceId: string, bib: string): Row | undefined {
    return this.#row(
      `SELECT ${COLUMNS} FROM resource WHERE "raceId" = ? AND content ->> 'bib' = ? AND deletedAt IS NULL AND type = 'event-participants'`,
      raceId,
      bib,
    );
  }

  /** The live tag with this code at this event. */
  holderOfCode(eventId: string, code: string): Row | undefined {
    return this.#row(
      `SELECT ${COLUMNS} FROM resource WHERE "eventId" = ? AND content ->> 'code' = ? AND deletedAt IS NULL AND type = 'tags'`,
      eventId,
      code,
    );
  }

  /** A page in order of id. */
  list({ type, after, eventId, raceId, includeDeleted, limit }: ListQuery): Row[] {
    const conditions = ['type = :type', 'id > :after'];
    const values: Record<string, SQLInputValue> = { type, after, limit };
    if (!includeDeleted) conditions.push('deletedAt IS NULL');
    if (eventId !== undefined) {
      conditions.push(scopes.event[type]);
      values['eventId'] = eventId;
    }
    if (raceId !== undefined) {
      conditions.push(scopes.race[type]);
      values['raceId'] = raceId;
    }
    const sql = `SELECT ${COLUMNS} FROM resource WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT :limit`;
    return asRows(this.#statement(sql).all(values));
  }

  /** A page in order of commit. */
  changes({ after, types, excludeClient, limit }: ChangesQuery): Row[] {
    const places = types.map(() => '?').join(', ');
    return this.#rows(
      `SELECT ${COLUMNS} FROM resource WHERE sequence > ? AND type IN (${places}) AND clientId IS NOT ? ORDER BY resource.sequence LIMIT ?`,
      BigInt(after),
      ...types,
      excludeClient ?? null,
      limit,
    );
  }

  all({ tombstones }: { readonly tombstones: boolean }): Row[] {
    return resourceTypes.flatMap((type) =>
      this.list({ type, after: '', includeDeleted: tombstones, limit: Number.MAX_SAFE_INTEGER }),
    );
  }

  /** Purges all tombstones, and with them the numbers of the attempts that made them. */
  purgeTombstones(): number {
    return this.atomically(() => {
      this.#run(
        'INSERT INTO purged SELECT max(sequence) FROM resource WHERE deletedAt IS NOT NULL HAVING max(sequence) IS NOT NULL',
      );
      return Number(this.#run('DELETE FROM resource WHERE deletedAt IS NOT NULL').changes);
    });
  }

  reset(): void {
    this.#storage.exec('DELETE FROM resource; DELETE FROM purged; DELETE FROM idempotency;');
    this.#readLatest();
  }

  savedAnswer(clientId: string, key: string, notBefore: number): { fingerprint: string; answer: string } | undefined {
    const saved = this.#statement(
      'SELECT fingerprint, answer FROM idempotency WHERE clientId = ? AND key = ? AND at >= ?',
    ).get(clientId, key, notBefore);
    return saved && { fingerprint: String(saved['fingerprint']), answer: String(saved['answer']) };
  }

  saveAnswer(clientId: string, key: string, fingerprint: string, answer: string, at: number): void {
    this.#run('INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?)', clientId, key, fingerprint, answer, at);
  }

  /** Runs `work` in one transaction. If it throws, its writes are rolled back and its sequences are reused. */
  atomically<Result>(work: () => Result): Result {
    const before = this.#latest;
    try {
      const result = this.#storage.atomically(work);
      if (this.#latest !== before) this.#committed.emit('commit');
      return result;
    } catch (error) {
      this.#latest = before;
      throw error;
    }
  }

  /** Calls back after each commit that added to the feed; returns a function that stops it. */
  onCommit(listener: () => void): () => void {
    this.#committed.on('commit', listener);
    return () => this.#committed.off('commit', listener);
  }

  close(): void {
    this.#storage.close();
  }

  #readLatest(): void {
    const newest = this.#statement('SELECT CAST(max(sequence) AS TEXT) AS sequence FROM resource').get();
    const candidates = [BEFORE_FIRST, BigInt(String(newest?.['sequence'] ?? 0)), BigInt(this.purgedUpTo)];
    this.#latest = candidates.reduce((left, right) => (left > right ? left : right));
  }

  #statement(sql: string): StatementSync {
    return this.#storage.statement(sql);
  }

  #row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#rows(sql, ...values)[0];
  }

  #rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return asRows(this.#statement(sql).all(...values));
  }

  #run(sql: string, ...values: SQLInputValue[]) {
    return this.#statement(sql).run(...values);
  }
}

/** Selecting COLUMNS from this file's own table gives rows; validating each would cost speed. */
const asRows = (selected: unknown): Row[] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  selected as Row[];
