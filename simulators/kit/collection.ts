/** Where a collection persists its rows; null = removed, its id never reused. */
export interface Persistence<Row> {
  readonly rows: Iterable<Row>;
  readonly lastId: number;
  write(id: number, row: Row | null): void;
}

type Key = string | number;

/** For each index, the keys under which a row is found; null = not in this index. */
export type IndexKeys<Row, Index extends string> = Readonly<Record<Index, (row: Row) => readonly (Key | null)[]>>;

interface Change<Row> {
  readonly at: number;
  readonly id: number;
  readonly before: Row | undefined;
}

/** The longest lag that a list can have. */
const REMEMBERED_MS = 10 * 60_000;

/** Rows by id, with indexes and recent history, because lists may show a lagging state. */
export class Collection<Row extends { readonly id: number }, Index extends string = never> {
  readonly #rows = new Map<number, Row>();
  readonly #indexes: readonly (readonly [Index, (row: Row) => readonly (Key | null)[], Map<Key, Set<number>>])[];
  readonly #persistence: Persistence<Row>;
  readonly #now: () => number;
  #changes: Change<Row>[] = [];
  #lastId: number;
  #listed: readonly Row[] | undefined;

  constructor(persistence: Persistence<Row>, now: () => number, keys: IndexKeys<Row, Index>) {
    this.#persistence = persistence;
    this.#now = now;
    this.#lastId = persistence.lastId;
    this.#indexes = (Object.keys(keys) as Index[]).map((name) => [name, keys[name], new Map<Key, Set<number>>()]);
    for (const row of persistence.rows) this.#put(row);
  }

  /** The next id. Ids are never reused, even after a removal. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  find(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  /** In order of id. */
  all(): readonly Row[] {
    this.#listed ??= [...this.#rows.values()].sort((left, right) => left.id - right.id);
    return this.#listed;
  }

  /** In order of id, as of `lagMs` milliseconds ago. */
  allBefore(lagMs: number): readonly Row[] {
    const moment = this.#now() - lagMs;
    const undone = this.#changes.filter(({ at }) => at > moment);
    if (lagMs === 0 || undone.length === 0) return this.all();
    const rows = new Map(this.#rows);
    for (const { id, before } of undone.toReversed()) {
      if (before === undefined) rows.delete(id);
      else rows.set(id, before);
    }
    return [...rows.values()].sort((left, right) => left.id - right.id);
  }

  /** In order of id. */
  by(index: Index, key: Key | null): Row[] {
    if (key === null) return [];
    const ids = this.#indexes.find(([name]) => name === index)?.[2].get(key) ?? [];
    return [...ids].sort((left, right) => left - right).flatMap((id) => this.#rows.get(id) ?? []);
  }

  save(row: Row): Row {
    this.#remember(row.id);
    this.#unindex(row.id);
    this.#put(row);
    this.#persistence.write(row.id, row);
    return row;
  }

  remove(id: number): void {
    if (!this.#rows.has(id)) return;
    this.#remember(id);
    this.#unindex(id);
    this.#rows.delete(id);
    this.#listed = undefined;
    this.#persistence.write(id, null);
  }

  /** Empties it; ids start at 1 again. */
  reset(): void {
    for (const [, , entries] of this.#indexes) entries.clear();
    this.#rows.clear();
    this.#changes = [];
    this.#lastId = 0;
    this.#listed = undefined;
  }

  #put(row: Row): void {
    this.#rows.set(row.id, row);
    this.#listed = undefined;
    for (const [, keysOf, entries] of this.#indexes) {
      for (const key of keysOf(row)) {
        if (key !== null) entries.set(key, (entries.get(key) ?? new Set()).add(row.id));
      }
    }
  }

  #unindex(id: number): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    for (const [, keysOf, entries] of this.#indexes) {
      for (const key of keysOf(row)) {
        if (key === null) continue;
        entries.get(key)?.delete(id);
        if (entries.get(key)?.size === 0) entries.delete(key);
      }
    }
  }

  #remember(id: number): void {
    const at = this.#now();
    this.#changes.push({ at, id, before: this.#rows.get(id) });
    const first = this.#changes[0];
    // Trim only at twice the needed length, so that trimming is rare.
    if (first !== undefined && at - first.at > 2 * REMEMBERED_MS) {
      this.#changes = this.#changes.filter((change) => at - change.at <= REMEMBERED_MS);
    }
  }
}
