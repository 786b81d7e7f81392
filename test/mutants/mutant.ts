/** A deliberate fault: a text of one file is replaced, and a named test must notice. */
export interface Mutant {
  /** The number of what went wrong, in docs/pitfalls.md, *Found in use*. */
  readonly point?: number;
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Below `test/`, without `.test.ts`. */
  readonly test: string;
}
