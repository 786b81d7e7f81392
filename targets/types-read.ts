import type { SourceRowTypes } from '../database/entities/index.ts';
import { ENTITY_TYPES } from '../sync/entity-type.ts';
import type { EntityMapping } from './entity-mapping.ts';
import type { SyncProcess } from './sync-process.ts';

type EmsType = keyof SourceRowTypes;

/** The types of EMS's rows that these processes read, in the order of EMS's tables; all if there is no process. */
export function typesRead(processes: readonly Pick<SyncProcess, 'mappings'>[]): EmsType[] {
  const all: readonly EmsType[] = [...ENTITY_TYPES, 'ConversationMessage'];
  if (processes.length === 0) return [...all];
  const read = new Set(
    processes.flatMap(({ mappings }) => mappings.flatMap((one) => [...typesReadBy(one), ...typesBeside(one)])),
  );
  return all.filter((type) => read.has(type));
}

/** What its filter and its sources look up in SQL. */
const typesBeside = ({ affectedBy }: EntityMapping): EmsType[] =>
  (affectedBy ?? []).flatMap(({ type, records }) => (records === true ? [] : [type]));

/** Its own type, its sources, and the types that it refers to. */
export function typesReadBy({
  type,
  sources,
  referencedTypes,
}: Pick<EntityMapping, 'type' | 'sources' | 'referencedTypes'>): EmsType[] {
  return [...new Set<EmsType>([type, ...Object.values(sources).map((source) => source.type), ...referencedTypes])];
}
