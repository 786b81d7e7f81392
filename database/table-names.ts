import type { EntityType } from '../sync/entity-type.ts';

/** The EMS table of a type: `EventParticipant` → `event_participant`. */
export function entityTable(type: EntityType | 'ConversationMessage'): string {
  return type.replace(/(?<=.)([A-Z])/g, '_$1').toLowerCase();
}

/** The table of a type's sync records: `EventParticipant` → `sync_event_participant`. */
export function recordTable(type: EntityType): string {
  return `sync_${entityTable(type)}`;
}
