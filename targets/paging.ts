import { createHash } from 'node:crypto';
import { SyncError } from '../sync/sync-error.ts';

/** All pages of a list together. Lists that are gathered in memory note whole pages. */
const MOST_CHARACTERS = 64 * 2 ** 20;

/** Watches the pages of one list, so that a remote can neither keep us reading for ever nor fill the memory. */
export class Paging {
  readonly #target: string;
  readonly #what: string;
  readonly #mostPages: number;
  readonly #seen = new Set<string>();
  #characters = 0;

  /** @param what the call, for messages. */
  constructor({ target, what, mostPages }: Readonly<{ target: string; what: string; mostPages: number }>) {
    this.#target = target;
    this.#what = what;
    this.#mostPages = mostPages;
  }

  /**
   * Notes a page before it is read, or once it was.
   *
   * @param mark what no other page of the list has: its cursor, the ids on it, or all of it as JSON.
   * @throws SyncError of class `contract` if the mark was noted before, or if the pages are too many or too long.
   */
  note(mark: string): void {
    const digest = createHash('sha256').update(mark).digest('base64');
    if (this.#seen.has(digest)) throw this.#error('do not advance');
    this.#seen.add(digest);
    if (this.#seen.size > this.#mostPages) throw this.#error(`do not end after ${this.#mostPages}`);
    this.#characters += mark.length;
    if (this.#characters > MOST_CHARACTERS) throw this.#error(`do not end after ${MOST_CHARACTERS} characters`);
  }

  #error(said: string): SyncError {
    return new SyncError('contract', `${this.#target}'s pages of ${this.#what} ${said}`, { code: 'paging' });
  }
}
