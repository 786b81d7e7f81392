import { createHash } from 'node:crypto';
import { SyncError } from '../sync/sync-error.ts';

/** The limit for all pages of a list together. Lists that are collected in memory note whole pages. */
const MOST_CHARACTERS = 64 * 2 ** 20;

/** Watches the pages of one list, so that a remote can neither make us read forever nor fill the memory. */
export class Paging {
  readonly #target: string;
  readonly #what: string;
  readonly #mostPages: number;
  readonly #seen = new Set<string>();
  #characters = 0;

  /** @param what the call's name, for messages. */
  constructor({ target, what, mostPages }: Readonly<{ target: string; what: string; mostPages: number }>) {
    this.#target = target;
    this.#what = what;
    this.#mostPages = mostPages;
  }

  /**
   * Notes a page before or after it is read.
   *
   * @param mark unique to the page within the list: its cursor, its ids, or the whole page as JSON.
   * @throws SyncError of class `contract` if the mark was noted before, or there are too many pages or characters.
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
