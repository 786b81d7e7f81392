import pLimit from 'p-limit';
import { formatInstant, parseInstant } from '../../sync/instant.ts';
import type { ConsentSource } from '../consent-source.ts';
import { Paging } from '../paging.ts';

/** Pages of 1,000 members. */
const MOST_PAGES = 1_000;

/**
 * The archived members. It is unknown whether `status_if_new` restores an archived member, and a list call cannot give
 * members individual statuses, so archived members must not be part of one.
 */
export class ArchivedMembers {
  readonly #source: ConsentSource;
  /** Restored members stay in the set: they are sent alone, and found in their current state. */
  readonly #hashes = new Set<string>();
  readonly #inTurn = pLimit(1);
  #since: string | null = null;
  /** A read that has not begun yet. */
  #next: Promise<ReadonlySet<string>> | null = null;

  constructor(source: ConsentSource) {
    this.#source = source;
  }

  /** Reads what was archived since the last call; everything at first. @returns member ids, which are personal data. */
  upToNow(): Promise<ReadonlySet<string>> {
    // All who ask before it begins share it: it reads up to a later time than each of them asks for.
    this.#next ??= this.#inTurn(() => {
      this.#next = null;
      return this.#read();
    });
    return this.#next;
  }

  async #read(): Promise<ReadonlySet<string>> {
    let latest: string | null = null;
    let page: string | null = null;
    const paging = new Paging({ target: 'MailChimp', what: 'GET members (archived)', mostPages: MOST_PAGES });
    for (;;) {
      paging.note(`${this.#since} ${page}`);
      const found = await this.#source.list({ scope: 'archived', since: this.#since, page });
      for (const { remoteId } of found.contacts) this.#hashes.add(remoteId);
      latest = found.seenUpTo ?? latest;
      page = found.next;
      if (page !== null) continue;
      if (latest !== null) this.#since = goneBack(latest, this.#source.overlapMs);
      // A poll would leave the rest to the next one; here a missing member could be restored by mistake.
      if (found.isCut !== true) return this.#hashes;
    }
  }
}

const goneBack = (time: string, milliseconds: number) => formatInstant(parseInstant(time).subtract({ milliseconds }));
