/** One API request as a test wants to see it. */
export interface JournalEntry {
  /** Counts up from 1 in order of arrival; goes on counting when the journal is cleared. */
  readonly sequence: number;
  /** Arrival by the virtual clock, RFC 3339. */
  readonly at: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Asks for a change (anything but GET, HEAD, OPTIONS), whether or not it was granted. */
  readonly write: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** As parsed from JSON; null where there was none or it could not be read. */
  body: unknown;
  /** Null while the request is being worked on, and for one whose connection was cut. */
  status: number | null;
  /** What the API did with it, in the vendor's words ("created", "unchanged", an error's code); null if it did nothing. */
  outcome: string | null;
  /** The knob that spoiled it, if any. */
  fault: string | null;
  finished: boolean;
}

export interface JournalFilter {
  /** Only entries with a greater sequence. */
  readonly since?: number | undefined;
  readonly writesOnly?: boolean | undefined;
}

/** Beyond this, the oldest entries are forgotten: a demonstration may run for days. */
const CAPACITY = 200_000;

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The requests that reached the API, in order of arrival. */
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
