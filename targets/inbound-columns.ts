import type { Content } from '../sync/content-hash.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { EntityMapping } from './entity-mapping.ts';
import type { Target } from './sync-process.ts';

/** The properties of EMS rows that some target may set, sorted, by type: `{ Person: ['email', 'firstName'] }`. */
export type InboundColumns = ReadonlyMap<EntityType, readonly string[]>;

/**
 * The columns that the mappings' `apply` functions write, for fields that EMS does not own alone. `apply` names the same
 * columns for every value, so an empty record is enough to find them.
 */
export function inboundColumns(targets: readonly Target[]): InboundColumns {
  const columns = new Map<EntityType, Set<string>>();
  for (const mapping of targets.flatMap(({ process }) => process.mappings)) {
    const known = columns.get(mapping.type) ?? new Set<string>();
    for (const column of columnsOf(mapping)) known.add(column);
    if (known.size > 0) columns.set(mapping.type, known);
  }
  return new Map([...columns].map(([type, names]) => [type, [...names].toSorted()]));
}

function columnsOf({ inbound, owners }: EntityMapping): string[] {
  if (inbound === null) return [];
  const names = Object.keys(owners).filter((name) => owners[name] !== 'ems');
  const nothing: Content = Object.fromEntries(names.map((name) => [name, null]));
  return Object.keys(inbound.apply(nothing, names, null));
}
