/** The parts of jest's objects that are used here. `@jest/reporters` is not among our dependencies. */
interface TestFile {
  readonly path: string;
  readonly context: { readonly config: { readonly rootDir: string } };
}

interface FileResult {
  readonly failureMessage?: string | null;
  readonly numPassingTests: number;
  readonly numFailingTests: number;
  readonly numPendingTests: number;
  readonly console?: readonly { readonly type: string; readonly message: string; readonly origin: string }[];
  readonly testExecError?: unknown;
}

export interface ProgressOptions {
  readonly write?: (text: string) => void;
  /** How often the files that are still running are named. Default one minute. */
  readonly remindMs?: number;
}

/**
 * Prints a line for each file that ends (`file 12 of 174: flows/times.test.ts, 48 s, 7 passed`), and every minute the files that
 * are still running. The lines are plain, so that a pipe, a log file and a terminal show the same. Failures are printed at once.
 */
export default class ProgressReporter {
  readonly #write: (text: string) => void;
  readonly #remindMs: number;
  readonly #running = new Map<string, number>();
  #reminder: NodeJS.Timeout | undefined;
  #files = 0;
  #ended = 0;

  constructor(_globalConfig: unknown, { write, remindMs = 60_000 }: ProgressOptions = {}) {
    this.#write = write ?? ((text) => process.stderr.write(text));
    this.#remindMs = remindMs;
  }

  onRunStart({ numTotalTestSuites }: { readonly numTotalTestSuites: number }): void {
    this.#files = numTotalTestSuites;
    this.#reminder = setInterval(() => this.#remind(), this.#remindMs);
    this.#reminder.unref();
  }

  onTestFileStart(file: TestFile): void {
    this.#running.set(nameOf(file), performance.now());
  }

  onTestFileResult(file: TestFile, result: FileResult): void {
    const name = nameOf(file);
    const seconds = this.#secondsOf(name);
    this.#running.delete(name);
    this.#ended += 1;
    this.#write(`file ${this.#ended} of ${this.#files}: ${name}, ${seconds} s, ${countsOf(result)}\n`);
    for (const { type, message, origin } of result.console ?? [])
      this.#write(`console.${type} in ${name}: ${message}\n${origin}\n`);
    if (result.failureMessage != null && result.failureMessage !== '') this.#write(`${result.failureMessage}\n`);
  }

  onRunComplete(): void {
    clearInterval(this.#reminder);
  }

  #remind(): void {
    const names = [...this.#running.keys()].map((name) => `${name} (${this.#secondsOf(name)} s)`);
    if (names.length > 0)
      this.#write(`${this.#ended} of ${this.#files} files have ended; running: ${names.join(', ')}\n`);
  }

  #secondsOf(name: string): number {
    return Math.round((performance.now() - (this.#running.get(name) ?? performance.now())) / 1_000);
  }
}

function nameOf({ path, context }: TestFile): string {
  return path.slice(context.config.rootDir.length + 1).replace(/^test\//, '');
}

function countsOf({ numPassingTests, numFailingTests, numPendingTests, testExecError }: FileResult): string {
  if (testExecError != null) return 'FAILED: the file could not run';
  return [
    `${numPassingTests} passed`,
    ...(numFailingTests > 0 ? [`${numFailingTests} FAILED`] : []),
    ...(numPendingTests > 0 ? [`${numPendingTests} skipped`] : []),
  ].join(', ');
}
