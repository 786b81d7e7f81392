/** One API request as tests see it. */
export interface JournalEntry {
  /** Counts up from 1 in order of arrival; clearing the journal does not reset it. */
  readonly sequence: number;
  /** Arrival by the virtual clock, RFC 3339. */
  readonly at: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Whether the method requests a change (anything but GET, HEAD, OPTIONS), even if it was refused. */
  readonly write: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON; null if there was no body or it was invalid. */
  body: unknown;
  /** Null while the request is in progress, and for one whose connection was closed. */
  status: number | null;
  /** The effect, in the vendor's words ("created", "unchanged", an error code); null if there was none. */
  outcome: string | null;
  /** The knob that applied, if any. */
  fault: string | null;
  finished: boolean;
}

export interface JournalFilter {
  /** Only entries with a greater sequence. */
  readonly since?: number | undefined;
  readonly writesOnly?: boolean | undefined;
}

/** Above this size the oldest entries are dropped, because a demonstration may run for days. */
const CAPACITY = 200_000;

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The API requests in order of arrival. */
export class Journal {
  #entries: JournalEntry[] = [];
  #last = 0;

  begin(request: Pick<JournalEntry, 'at' | 'method' | 'path' | 'headers'>): JournalEntry {
    this.#last += 1;
    const entry: JournalEntry = {
      ...request,
      sequence: this.#last,
      write: !READS.has(request.method),
      body: null,
      status: null,
      outcome: null,
      fault: null,
      finished: false,
    };
    this.#entries.push(entry);
    if (this.#entries.length > 2 * CAPACITY) this.#entries = this.#entries.slice(-CAPACITY);
    return entry;
  }

  read({ since = 0, writesOnly = false }: JournalFilter = {}): JournalEntry[] {
    return this.#entries.filter((entry) => entry.sequence > since && (entry.write || !writesOnly));
  }

  clear(): void {
    this.#entries = [];
  }
}
