import type { Logger } from 'pino';

const WINDOW_MS = 60_000;
const LINES_PER_WINDOW = 20;

interface Window {
  readonly since: number;
  lines: number;
  leftOut: number;
}

/**
 * Log lines that strangers can cause: a limited number of each kind per minute. The others are counted, so that a flood
 * fills no disk and still shows.
 */
export class BoundedLog {
  readonly #log: Logger;
  readonly #now: () => number;
  /** By kind, of which the code knows a fixed number. */
  readonly #windows = new Map<string, Window>();

  /** @param now milliseconds since 1970. */
  constructor(log: Logger, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  warn(kind: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const window = this.#windowOf(kind);
    if (window.lines >= LINES_PER_WINDOW) {
      window.leftOut += 1;
      return;
    }
    window.lines += 1;
    this.#log.warn(fields, message);
  }

  /** Logs what has been left out so far. */
  flush(): void {
    for (const kind of this.#windows.keys()) this.#end(kind);
  }

  #windowOf(kind: string): Window {
    const now = this.#now();
    const current = this.#windows.get(kind);
    if (current !== undefined && now - current.since < WINDOW_MS) return current;
    this.#end(kind);
    const window = { since: now, lines: 0, leftOut: 0 };
    this.#windows.set(kind, window);
    return window;
  }

  #end(kind: string): void {
    const leftOut = this.#windows.get(kind)?.leftOut ?? 0;
    this.#windows.delete(kind);
    if (leftOut > 0) this.#log.warn({ kind, leftOut }, 'lines of this kind were left out of the log');
  }
}
