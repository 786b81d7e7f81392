import type { ParsedEdit } from './backdoor-edits.ts';
import { type Race, emptyAddress } from './records.ts';
import { type RunSignup, nowSeconds } from './runsignup.ts';

type NewRace = Extract<ParsedEdit, { do: 'create-race' }>['race'];
type NewEvent = Extract<ParsedEdit, { do: 'create-event' }>['event'];

/** Creates a race as a human does, open for registration by default. */
export function addRace(server: RunSignup, fields: NewRace, events: readonly NewEvent[]) {
  const { store } = server;
  const now = nowSeconds(server);
  const raceId = store.nextId('race');
  const race: Race = {
    raceId,
    urlString: `Race${raceId}`,
    draft: false,
    private: false,
    registrationOpen: true,
    createdAt: now,
    modifiedAt: now,
    description: null,
    externalUrl: null,
    logoUrl: null,
    contactEmail: null,
    timezone: 'America/New_York',
    ...fields,
    address: { ...emptyAddress, ...fields.address },
  };
  store.save('race', raceId, race);
  return { raceId, eventIds: events.map((event) => addEvent(server, race, event)) };
}

/** Adds an event to the newest edition; returns its id. */
export function addEvent({ store }: RunSignup, { raceId }: Race, fields: NewEvent): number {
  const siblings = store.list('event', { parent: raceId });
  const eventId = store.nextId('event');
  store.save('event', eventId, {
    eventId,
    raceId,
    raceEventDaysId:
      siblings.length === 0
        ? store.nextId('raceEventDays')
        : Math.max(...siblings.map(({ raceEventDaysId }) => raceEventDaysId)),
    details: null,
    end: null,
    eventType: 'running_race',
    distance: null,
    volunteer: false,
    giveaways: [],
    ...fields,
  });
  return eventId;
}
