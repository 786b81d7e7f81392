import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { Storage } from '../kit/storage.ts';
import type { Kind, Records } from './records.ts';

/** Selects records of one kind, in order of id. */
export interface Selection {
  /** The race of an event or corral, the event of a registration or team. */
  readonly parent?: number;
  /** The user of a registration. */
  readonly owner?: number;
  /** Registrations: active ones or removed ones. Absent: both. */
  readonly active?: boolean | undefined;
  /** Unix seconds, inclusive. */
  readonly modifiedFrom?: number | undefined;
  /** Only greater ids. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** The moment to read as of, in milliseconds by the virtual clock; absent: now. */
export type AsOf = number | undefined;

/** `validUntil` of the current version. */
const FOREVER = Number.MAX_SAFE_INTEGER;

const DAY_MS = 86_400_000;

/** First id of each kind: the ranges differ visibly, and an id of the wrong kind finds nothing. */
const FIRST_IDS = {
  race: 60_001,
  event: 120_001,
  user: 12_000_001,
  registration: 2_600_001,
  corral: 71,
  team: 5_001,
  raceEventDays: 9_001,
} as const;

/** RunSignup's storage. Versions of a record are kept for a day with their validity, so that a read can lag. */
export class Store {
  readonly #storage: Storage;
  readonly #now: () => number;

  /** @param file a path, or ":memory:"; `now` is the virtual clock, in milliseconds. */
  constructor(file: string, now: () => number) {
    this.#now = now;
    this.#storage = new Storage(
      file,
      `CREATE TABLE IF NOT EXISTS version (
        kind TEXT NOT NULL, id INTEGER NOT NULL, parent INTEGER, owner INTEGER, active INTEGER NOT NULL,
        modified INTEGER NOT NULL, validFrom INTEGER NOT NULL, validUntil INTEGER NOT NULL, content TEXT NOT NULL,
        account INTEGER GENERATED ALWAYS AS (content ->> 'account') VIRTUAL,
        email TEXT GENERATED ALWAYS AS (lower(content ->> 'email')) VIRTUAL);
      CREATE INDEX IF NOT EXISTS by_id ON version (kind, id, validUntil);
      CREATE INDEX IF NOT EXISTS by_parent ON version (kind, parent, id) WHERE parent IS NOT NULL;
      CREATE INDEX IF NOT EXISTS by_owner ON version (owner, id) WHERE owner IS NOT NULL;
      CREATE INDEX IF NOT EXISTS by_email ON version (email) WHERE kind = 'user' AND account = 1;
      CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, last INTEGER NOT NULL);`,
    );
  }

  /** The next id; ids are never reused. */
  nextId(name: keyof typeof FIRST_IDS): number {
    const row = this.#statement(
      `INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last`,
    ).get(name, FIRST_IDS[name]);
    return Number(row?.['last']);
  }

  find<K extends Kind>(kind: K, id: number, asOf?: AsOf): Records[K] | undefined {
    const row = this.#statement(
      'SELECT content FROM version WHERE kind = ? AND id = ? AND validFrom <= ? AND validUntil > ?',
    ).get(kind, id, ...validAt(asOf));
    return row && contentOf(row);
  }

  list<K extends Kind>(kind: K, selection: Selection = {}, asOf?: AsOf): Records[K][] {
    const { parent, owner, active, modifiedFrom, after, limit = -1, offset = 0 } = selection;
    const conditions: [string, SQLInputValue | undefined][] = [
      ['parent = ?', parent],
      ['owner = ?', owner],
      ['active = ?', active === undefined ? undefined : Number(active)],
      ['modified >= ?', modifiedFrom],
      ['id > ?', after],
    ];
    const used = conditions.filter(([, value]) => value !== undefined);
    return this.#statement(
      `SELECT content FROM version WHERE kind = ? AND validFrom <= ? AND validUntil > ?
       ${used.map(([condition]) => `AND ${condition}`).join(' ')} ORDER BY id LIMIT ? OFFSET ?`,
    )
      .all(kind, ...validAt(asOf), ...used.map(([, value]) => value ?? null), limit, offset)
      .map((row) => contentOf(row));
  }

  /** The account holder with this e-mail, ignoring case. */
  accountWithEmail(email: string): Records['user'] | undefined {
    const row = this.#statement(
      `SELECT content FROM version WHERE kind = 'user' AND email = ? AND account = 1 AND validUntil = ? LIMIT 1`,
    ).get(email.toLowerCase(), FOREVER);
    return row && contentOf(row);
  }

  /** Stores a new version of a record, valid from now on. */
  save<K extends Kind>(kind: K, id: number, record: Records[K]): Records[K] {
    const now = this.#now();
    this.#end(kind, id, now);
    const { parent, owner, active, modified } = columnsOf(kind, record);
    this.#statement('INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      kind,
      id,
      parent,
      owner,
      Number(active),
      modified,
      now,
      FOREVER,
      JSON.stringify(record),
    );
    return record;
  }

  delete(kind: Kind, id: number): void {
    this.#end(kind, id, this.#now());
  }

  reset(): void {
    this.#storage.exec('DELETE FROM version; DELETE FROM counter;');
  }

  /** Runs `work` in one transaction, nested in the open one if there is one. Rolls back if it throws. */
  atomically<Result>(work: () => Result): Result {
    return this.#storage.atomically(work);
  }

  close(): void {
    this.#storage.close();
  }

  #end(kind: Kind, id: number, now: number): void {
    // Drop old versions, because a demonstration may run for days; no read lags this far behind.
    this.#statement('DELETE FROM version WHERE kind = ? AND id = ? AND validUntil < ?').run(kind, id, now - DAY_MS);
    this.#statement('UPDATE version SET validUntil = ? WHERE kind = ? AND id = ? AND validUntil = ?').run(
      now,
      kind,
      id,
      FOREVER,
    );
  }

  #statement(sql: string): StatementSync {
    return this.#storage.statement(sql);
  }
}

const validAt = (asOf: AsOf): [number, number] => (asOf === undefined ? [FOREVER, FOREVER - 1] : [asOf, asOf]);

function columnsOf<K extends Kind>(kind: K, record: Records[K]) {
  const modified = 'modifiedAt' in record ? record.modifiedAt : 0;
  const active = !('removedReason' in record) || record.removedReason === null;
  const owner = 'registrationId' in record ? record.userId : null;
  const ofEvent = kind === 'registration' || kind === 'team';
  const parent = ofEvent && 'eventId' in record ? record.eventId : parentRace(kind, record);
  return { modified, active, owner, parent };
}

const parentRace = <K extends Kind>(kind: K, record: Records[K]): number | null =>
  kind !== 'race' && 'raceId' in record ? record.raceId : null;

/** `save` wrote a record of that kind, so it is not validated again. */
const contentOf = (row: Record<string, unknown>) => JSON.parse(String(row['content']));
