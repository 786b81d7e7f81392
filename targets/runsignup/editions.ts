import { SyncError } from '../../sync/sync-error.ts';
import type { RunSignupApi } from './api.ts';
import { readRace } from './read-race.ts';

/** Which edition of its race an event belongs to. That never changes, so it is asked once. */
export class Editions {
  readonly #api: RunSignupApi;
  readonly #byEvent = new Map<string, string>();

  constructor(api: RunSignupApi) {
    this.#api = api;
  }

  /** @throws SyncError of class `contract` for an event that its race does not name. */
  async of(raceId: string, eventId: string): Promise<string> {
    if (!this.#byEvent.has(eventId)) {
      const { events } = readRace(await this.#api.race(raceId));
      for (const event of events) this.#byEvent.set(event.eventId, event.daysId);
    }
    const daysId = this.#byEvent.get(eventId);
    if (daysId !== undefined) return daysId;
    throw new SyncError('contract', `RunSignup's race/${raceId} has no readable event ${eventId}`, {
      code: 'contract',
    });
  }
}
