import type { EntityType } from '../../sync/entity-type.ts';
import { columnValues } from '../column-names.ts';
import { SOURCE_ENTITIES } from '../entities/index.ts';
import { entityTable } from '../table-names.ts';

/** The columns of an EMS table that may be written, by their names in PostgreSQL. */
export interface TablePrivileges {
  readonly table: string;
  readonly insert: readonly string[];
  readonly update: readonly string[];
}

/**
 * A message comes with its conversation (records/absorb-messages.ts): it is inserted as a whole, and its text may be
 * edited.
 */
const MESSAGE = {
  insert: ['conversationId', 'author', 'agentName', 'body', 'private', 'sentOn', 'modifiedOn'],
  update: ['body', 'private', 'modifiedOn'],
} as const;

/**
 * The columns of EMS's tables that inbound work writes: those that mappings own, references to parents (a registration
 * moves to another race), and the time of the change.
 *
 * @param owned by type, the properties that some target may set.
 */
export function inboundPrivileges(owned: ReadonlyMap<EntityType, readonly string[]>): TablePrivileges[] {
  const tables = [...owned].map(([type, properties]) => {
    const columns = columnsOf(type, [...properties, ...parentsOf(type), 'modifiedOn']);
    return { table: entityTable(type), insert: columns, update: columns };
  });
  if (!owned.has('Conversation')) return tables;
  const message = {
    table: entityTable('ConversationMessage'),
    insert: columnsOf('ConversationMessage', MESSAGE.insert),
    update: columnsOf('ConversationMessage', MESSAGE.update),
  };
  return [...tables, message];
}

/** Required references of a row. */
function parentsOf(type: EntityType): string[] {
  return Object.entries(SOURCE_ENTITIES[type].meta.properties)
    .filter(([name, { nullable }]) => name.endsWith('Id') && nullable !== true)
    .map(([name]) => name);
}

const columnsOf = (type: EntityType | 'ConversationMessage', properties: readonly string[]) =>
  columnValues(type, Object.fromEntries(properties.map((name) => [name, null]))).map(({ column }) => column);
