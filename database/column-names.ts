import type { EntityType } from '../sync/entity-type.ts';
import { formatInstant } from '../sync/instant.ts';
import { SOURCE_ENTITIES } from './entities/index.ts';

/** One column and its value as PostgreSQL reads it. */
export interface ColumnValue {
  readonly column: string;
  readonly value: string | number | boolean | null;
}

/** The column of a property: `firstName` → `first_name`. */
export const columnName = (property: string): string =>
  property.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

/**
 * The columns of changes keyed by property: `{ firstName: 'Ana' }` → `first_name`.
 *
 * @throws RangeError for a property that the type does not have: names become SQL, so each is validated.
 */
export function columnValues(
  type: EntityType | 'ConversationMessage',
  changes: Readonly<Record<string, unknown>>,
): ColumnValue[] {
  const { properties } = SOURCE_ENTITIES[type].meta;
  return Object.entries(changes).map(([property, value]) => {
    if (!Object.hasOwn(properties, property)) throw new RangeError(`${type} has no ${property}`);
    return { column: columnName(property), value: written(value) };
  });
}

function written(value: unknown): ColumnValue['value'] {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Temporal.Instant) return formatInstant(value);
  if (value instanceof Temporal.PlainDate) return value.toString();
  throw new RangeError('a column holds text, numbers, booleans, instants or days');
}
