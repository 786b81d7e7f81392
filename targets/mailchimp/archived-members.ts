import pLimit from 'p-limit';
import { formatInstant, parseInstant } from '../../sync/instant.ts';
import type { ConsentSource } from '../consent-source.ts';
import { Paging } from '../paging.ts';

/** A page has 1,000 members. */
const MOST_PAGES = 1_000;

/**
 * Who has been archived, as MailChimp lists it. Whether `status_if_new` brings an archived member back is not known, and a list
 * call gives nobody a status of its own: whoever is archived must not be in one.
 */
export class ArchivedMembers {
  readonly #source: ConsentSource;
  /** Those who came back stay in it: they are sent alone, and found as they are. */
  readonly #hashes = new Set<string>();
  readonly #inTurn = pLimit(1);
  #since: string | null = null;

  constructor(source: ConsentSource) {
    this.#source = source;
  }

  /** Reads what was archived since it was last asked; all of it at first. @returns member ids, which are personal data. */
  upToNow(): Promise<ReadonlySet<string>> {
    return this.#inTurn(() => this.#read());
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
      // A poll would leave the rest to the next one. Here whoever is missing might be brought back.
      if (found.isCut !== true) return this.#hashes;
    }
  }
}

const goneBack = (time: string, milliseconds: number) => formatInstant(parseInstant(time).subtract({ milliseconds }));
