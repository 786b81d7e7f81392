/**
 * Every kind of EMS row that can be synchronised, by the name that operators, EMS developers and workflow ids use.
 * Conversation messages and nothing else live inside another entity (their conversation).
 */
export const ENTITY_TYPES = [
  'Organisation',
  'Person',
  'ContactPreference',
  'Event',
  'Race',
  'StartGroup',
  'EventParticipant',
  'StartGroupParticipant',
  'Tag',
  'Conversation',
] as const;

export type EntityType = (typeof ENTITY_TYPES)[number];

/** An EMS primary key (bigint) in decimal: a string everywhere, because it must survive JSON above 2^53. */
export type EntityKey = string;

/** One EMS row, named as operators see it: `Person/4711`. */
export interface EntityRef {
  readonly type: EntityType;
  readonly key: EntityKey;
}

/** `{ type: 'Person', key: '4711' }` → `Person/4711`. */
export function formatRef(ref: EntityRef): string {
  return `${ref.type}/${ref.key}`;
}
