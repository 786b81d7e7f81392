import type { EntityType } from '../sync/entity-type.ts';
import { entityTable } from './table-names.ts';

/** EMS's tables that a poll may write: those of types that are read back. */
export function tablesWrittenBy(
  mappings: readonly { readonly type: EntityType; readonly inbound: unknown }[],
): string[] {
  const types = mappings.flatMap(({ type, inbound }) => (inbound === null ? [] : [type]));
  const tables = types.map((type) => entityTable(type));
  return types.includes('Conversation') ? [...tables, entityTable('ConversationMessage')] : tables;
}
