import { createHash } from 'node:crypto';
import { SyncError } from '../sync/sync-error.ts';

/** Watches the pages of one list, so that a remote cannot keep us reading for ever. */
export class Paging {
  readonly #target: string;
  readonly #what: string;
  readonly #mostPages: number;
  readonly #seen = new Set<string>();

  /** @param what the call, for messages. */
  constructor({ target, what, mostPages }: Readonly<{ target: string; what: string; mostPages: number }>) {
    this.#target = target;
    this.#what = what;
    this.#mostPages = mostPages;
  }

  /**
   * Notes a page before it is read, or once it was.
   *
   * @param mark what no other page of the list has: its cursor, or the ids on it.
   * @throws SyncError of class `contract` if the mark was noted before, or if there are too many pages.
   */
  note(mark: string): void {
    const digest = createHash('sha256').update(mark).digest('base64');
    if (this.#seen.has(digest)) throw this.#error('do not advance');
    this.#seen.add(digest);
    if (this.#seen.size > this.#mostPages) throw this.#error(`do not end after ${this.#mostPages}`);
  }

  #error(said: string): SyncError {
    return new SyncError('contract', `${this.#target}'s pages of ${this.#what} ${said}`, { code: 'paging' });
  }
}
