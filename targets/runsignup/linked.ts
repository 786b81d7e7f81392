import type { EntityType } from '../../sync/entity-type.ts';

const TABLES = {
  Event: 'sync_event',
  Person: 'sync_person',
  EventParticipant: 'sync_event_participant',
} satisfies Partial<Record<EntityType, string>>;

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
