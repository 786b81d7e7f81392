import type { EntityType } from '../../sync/entity-type.ts';
import type { FilterCondition } from '../filter-condition.ts';

const TABLES = {
  Event: 'sync_event',
  Person: 'sync_person',
  EventParticipant: 'sync_event_participant',
} satisfies Partial<Record<EntityType, string>>;

/** Its event is linked to a race of RunSignup. @param key SQL expression of the event's id. */
export const eventIsLinked = (key: string): FilterCondition => ({
  name: 'event-linked',
  sql: isLinked(key, 'Event'),
  means: 'is of an event that is linked to a race of RunSignup',
  change: 'link the event: npx ems-sync link RUNSIGNUP Event ID RACE@EVENT_DAYS',
});

/** The row came from RunSignup, with a registration. */
export const cameFromRunSignup = (type: 'Person' | 'EventParticipant'): FilterCondition => ({
  name: 'linked',
  sql: isLinked('e.id', type),
  means: 'came from RunSignup, with a registration',
  change: 'a registration at RunSignup for an event that is linked',
});

/**
 * SQL: this EMS row is linked to a RunSignup record. An operator links events; registrations and their persons come
 * from RunSignup. No other rows of EMS belong there.
 *
 * @param key SQL expression of the row's id, for example `e.event_id`.
 */
export function isLinked(key: string, type: keyof typeof TABLES): string {
  return `EXISTS (SELECT FROM ${TABLES[type]} l WHERE l.sync_process = 'RUNSIGNUP' AND l.entity_key = ${key}
    AND l.remote_id IS NOT NULL AND l.state <> 'UNLINKED')`;
}
