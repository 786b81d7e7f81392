import { SyncError } from '../../sync/sync-error.ts';
import type { RunSignupApi } from './api.ts';
import { mergedRace, type RaceChange } from './race-edit.ts';
import { eventIdsOf, readRace, type ReadRace } from './read-race.ts';

/** Reads and edits races. An edit replaces the whole race, so this worker edits each race one at a time. */
export class Races {
  readonly #api: RunSignupApi;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(api: RunSignupApi) {
    this.#api = api;
  }

  async read(raceId: string): Promise<ReadRace> {
    return readRace(await this.#api.race(raceId));
  }

  /**
   * Reads the race, lets `decide` choose the change, writes it and reads back.
   *
   * @param decide returns null if nothing must change.
   * @returns the race before and after; after is null if nothing was written.
   * @throws SyncError of class `contract` if an event is missing afterwards.
   */
  edit(
    raceId: string,
    decide: (race: ReadRace) => RaceChange | null,
  ): Promise<{ readonly before: ReadRace; readonly after: ReadRace | null }> {
    return this.#inTurn(raceId, async () => {
      const before = await this.read(raceId);
      const change = decide(before);
      if (change === null) return { before, after: null };
      await this.#api.replaceRace(raceId, mergedRace(before.raw, change));
      const after = await this.read(raceId);
      const left = new Set(eventIdsOf(after));
      const lost = eventIdsOf(before).filter((eventId) => !left.has(eventId));
      if (lost.length === 0) return { before, after };
      throw new SyncError('contract', `race/${raceId} lost its events ${lost.join(', ')} in an edit: tell RunSignup`, {
        code: 'events-lost',
        field: 'events',
      });
    });
  }

  async #inTurn<T>(raceId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(raceId) ?? Promise.resolve();
    // The previous edit may have failed; run this one anyway.
    const mine = before.then(work, work);
    this.#turns.set(raceId, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(raceId) === mine) this.#turns.delete(raceId);
    }
  }
}
