import { ENTITY_TYPES, type EntityKey, type EntityType } from '../../sync/entity-type.ts';
import { entityTable } from '../table-names.ts';

/** The channel on which triggers notify and listeners listen. */
export const NOTIFY_CHANNEL = 'ems_sync';

/** The rows changed by a committed statement; `every`: too many to list. */
export type Notification =
  | { readonly kind: 'rows'; readonly type: EntityType; readonly keys: readonly EntityKey[] }
  | { readonly kind: 'every'; readonly type: EntityType };

const PAYLOAD = /^([a-z_]+) (?:(\*)|(-?\d+(?:,-?\d+)*))$/;

const TYPES: ReadonlyMap<string, EntityType> = new Map(ENTITY_TYPES.map((type) => [entityTable(type), type]));

/** Parses `person 12,13` and `person *`; null if it is not one of ours. */
export function readNotification(payload: string): Notification | null {
  const [, table = '', every, keys = ''] = PAYLOAD.exec(payload) ?? [];
  const type = TYPES.get(table);
  if (type === undefined) return null;
  return every === undefined ? { kind: 'rows', type, keys: keys.split(',') } : { kind: 'every', type };
}
