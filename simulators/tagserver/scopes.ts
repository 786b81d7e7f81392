import type { ResourceType } from './resource-types.ts';

type Conditions = Readonly<Record<ResourceType, string>>;

const ids = (type: ResourceType, condition: string, property = 'id'): string =>
  `SELECT "${property}" FROM resource WHERE type = '${type}' AND deletedAt IS NULL AND ${condition}`;

const ofEvent = '"eventId" = :eventId';
const ofRace = '"raceId" = :raceId';

const racesOfEvent = ids('races', ofEvent);
const groupsOfEvent = ids('start-groups', `"raceId" IN (${racesOfEvent})`);

/**
 * What `?eventId=` and `?raceId=` select for each type: the resource itself, or resources that refer to it directly or
 * indirectly.
 */
export const scopes: { readonly event: Conditions; readonly race: Conditions } = {
  event: {
    organisations: `id IN (${ids('events', 'id = :eventId', 'organisationId')})`,
    events: 'id = :eventId',
    races: ofEvent,
    persons: `id IN (${ids('event-participants', ofEvent, 'personId')})`,
    'event-participants': ofEvent,
    'start-groups': `"raceId" IN (${racesOfEvent})`,
    'start-group-participants': `"startGroupId" IN (${groupsOfEvent})`,
    tags: ofEvent,
  },
  race: {
    organisations: `id IN (${ids('events', `id IN (${ids('races', 'id = :raceId', 'eventId')})`, 'organisationId')})`,
    events: `id IN (${ids('races', 'id = :raceId', 'eventId')})`,
    races: 'id = :raceId',
    persons: `id IN (${ids('event-participants', ofRace, 'personId')})`,
    'event-participants': ofRace,
    'start-groups': ofRace,
    'start-group-participants': `"startGroupId" IN (${ids('start-groups', ofRace)})`,
    tags: `"eventParticipantId" IN (${ids('event-participants', ofRace)})`,
  },
};
