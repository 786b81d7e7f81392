/** What an independent look at all sides found, each by its name in the last line. */
export const COUNTED = [
  'lost',
  'doubled',
  'stale',
  'resurrected',
  'resubscribed',
  'mixed',
  'wrong',
  'unexplained',
  'unended',
  'writes',
] as const;

export type Counted = (typeof COUNTED)[number];

/** Counts findings, and keeps one line for each, with ids and names of fields only. */
export class Findings {
  readonly #lines: string[] = [];
  readonly #counts = new Map<Counted, number>();

  add(what: Counted, line: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
    this.#lines.push(`${what}: ${line}`);
  }

  /** A line that explains a finding, and is none of its own. */
  note(line: string): void {
    this.#lines.push(line);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  get isClean(): boolean {
    return this.#counts.size === 0;
  }

  count(what: Counted): number {
    return this.#counts.get(what) ?? 0;
  }

  /** The last line of a run. */
  summary({ changes, faults }: { readonly changes: number; readonly faults: number }): string {
    const counts = COUNTED.map((what) => `${what} ${this.count(what)}`).join(', ');
    return `chaos: ${changes} changes, ${faults} faults, ${counts}`;
  }
}
