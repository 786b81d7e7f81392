import type { EntityType } from '../../sync/entity-type.ts';
import { DIRECTIONS, type Direction, type SyncProcessName } from '../../sync/sync-process-name.ts';
import { TARGETS } from '../../targets/index.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { plain } from '../plain-name.ts';
import { unknown } from './arguments.ts';
import { CommandError } from './command-error.ts';

/** The declaration of the process with this name. */
export function processOf(name: SyncProcessName): SyncProcess {
  const found = allProcesses().find((process) => process.name === name);
  if (found === undefined) throw new Error(`${name} has no target in this release`);
  return found;
}

/** A type that one of these processes has, in any spelling. @throws CommandError with the valid names. */
export function typeNamed(name: string, processes: readonly SyncProcess[] = allProcesses()): EntityType {
  const types = new Set(processes.flatMap(({ mappings }) => mappings.map(({ type }) => type)));
  const where = processes.length === 1 ? ` of ${processes[0]?.name}` : '';
  return [...types].find((type) => plain(type) === plain(name)) ?? unknown('type', name, [...types], where);
}

/** A direction of the process. @throws CommandError */
export function directionNamed(name: string, process: SyncProcess): Direction {
  const found = DIRECTIONS.find((direction) => direction === name.toLowerCase());
  if (found === undefined) return unknown('direction', name, process.directions);
  if (process.directions.includes(found)) return found;
  throw new CommandError(2, `${process.name} has no ${found} direction; it has ${process.directions.join(', ')}`);
}

/** The processes that have this type. */
export function processesWith(type: EntityType): SyncProcess[] {
  return allProcesses().filter(({ mappings }) => mappings.some((mapping) => mapping.type === type));
}

/** Every process of this release, whether or not it is on. */
export function allProcesses(): SyncProcess[] {
  return TARGETS.map(({ process }) => process);
}
