import { SyncError } from '../../sync/sync-error.ts';
import type { RunSignupApi } from './api.ts';
import { readRace } from './read-race.ts';

/** The edition an event belongs to. It never changes, so it is cached. */
export class Editions {
  readonly #api: RunSignupApi;
  readonly #byEvent = new Map<string, string>();

  constructor(api: RunSignupApi) {
    this.#api = api;
  }

  /** The other events of the race, read again because one may have been added. */
  async othersOf(raceId: string, eventId: string): Promise<readonly string[]> {
    const events = await this.#read(raceId);
    return events.filter((other) => other !== eventId);
  }

  /** @throws SyncError of class `contract` if the race does not contain the event. */
  async of(raceId: string, eventId: string): Promise<string> {
    if (!this.#byEvent.has(eventId)) await this.#read(raceId);
    const daysId = this.#byEvent.get(eventId);
    if (daysId !== undefined) return daysId;
    throw new SyncError('contract', `RunSignup's race/${raceId} has no readable event ${eventId}`, {
      code: 'contract',
    });
  }

  async #read(raceId: string): Promise<readonly string[]> {
    const { events } = readRace(await this.#api.race(raceId));
    for (const event of events) this.#byEvent.set(event.eventId, event.daysId);
    return events.map(({ eventId }) => eventId);
  }
}
