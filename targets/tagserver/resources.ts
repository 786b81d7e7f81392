import type { EntityType } from '../../sync/entity-type.ts';

/** TagServer's name of each type. */
const RESOURCES: Partial<Record<EntityType, string>> = {
  Organisation: 'organisations',
  Event: 'events',
  Person: 'persons',
  Race: 'races',
  StartGroup: 'start-groups',
  EventParticipant: 'event-participants',
  StartGroupParticipant: 'start-group-participants',
  Tag: 'tags',
};

/** @throws RangeError if TagServer has no such type, which is a bug of ours. */
export function resource(type: EntityType): string {
  const name = RESOURCES[type];
  if (name === undefined) throw new RangeError(`TagServer has no ${type}`);
  return name;
}
