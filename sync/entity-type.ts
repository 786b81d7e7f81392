/**
 * All types of EMS rows that can be synchronised, by the names that operators, EMS developers and workflow ids use.
 * Only conversation messages are part of another entity (their conversation).
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

/** An EMS primary key (bigint) in decimal. Always a string, because it must survive JSON above 2^53. */
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

const LARGEST_KEY = 2n ** 63n - 1n;

/**
 * Whether a text from a remote can be the id of an EMS row. PostgreSQL rejects a whole list of ids if one of them
 * exceeds a bigint.
 */
export function isEntityKey(text: unknown): text is EntityKey {
  return typeof text === 'string' && /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= LARGEST_KEY;
}
