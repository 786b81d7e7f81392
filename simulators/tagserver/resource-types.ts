/** The resource types, each after those it references. */
export const resourceTypes = [
  'organisations',
  'events',
  'races',
  'persons',
  'event-participants',
  'start-groups',
  'start-group-participants',
  'tags',
] as const;

export type ResourceType = (typeof resourceTypes)[number];

/** Which type a property refers to; a name means the same in every type. */
export const references: Readonly<Record<string, ResourceType>> = {
  organisationId: 'organisations',
  eventId: 'events',
  raceId: 'races',
  personId: 'persons',
  eventParticipantId: 'event-participants',
  startGroupId: 'start-groups',
};

/** As stored and answered: every property of the type, nulls included. */
export type ResourceContent = Readonly<Record<string, string | number | null>>;
