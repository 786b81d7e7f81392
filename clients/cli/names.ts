import { DIRECTIONS, type Direction } from '../../sync/sync-process-name.ts';
import { type EntityKey, type EntityType } from '../../sync/entity-type.ts';
import { TARGETS } from '../../targets/index.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { CommandError } from './command-error.ts';

const LARGEST_KEY = 2n ** 63n - 1n;

/** The process of that name, however it is written. @throws CommandError with the valid names. */
export function processNamed(name: string, processes: readonly SyncProcess[] = allProcesses()): SyncProcess {
  const found = processes.find((process) => plain(process.name) === plain(name));
  return (
    found ??
    unknown(
      'process',
      name,
      processes.map((process) => process.name),
    )
  );
}

/** A type that one of these processes has: `start-group`, `StartGroup` and `start_group` are the same. */
export function typeNamed(name: string, processes: readonly SyncProcess[] = allProcesses()): EntityType {
  const types = new Set(processes.flatMap(({ mappings }) => mappings.map(({ type }) => type)));
  return [...types].find((type) => plain(type) === plain(name)) ?? unknown('type', name, [...types], ofThe(processes));
}

/** A direction of the process. */
export function directionNamed(name: string, process: SyncProcess): Direction {
  const found = DIRECTIONS.find((direction) => direction === name.toLowerCase());
  if (found === undefined) return unknown('direction', name, process.directions);
  if (process.directions.includes(found)) return found;
  throw new CommandError(2, `${process.name} has no ${found} direction; it has ${process.directions.join(', ')}`);
}

/** The ids of EMS rows, each once, in the order given. */
export function keysNamed(ids: readonly string[]): EntityKey[] {
  const keys = ids.map((id) => {
    const key = /^\d{1,19}$/.test(id) ? BigInt(id) : 0n;
    if (key < 1n || key > LARGEST_KEY) {
      throw new CommandError(2, `${id} is no id of an EMS row; an id is a whole number from 1 to ${LARGEST_KEY}`);
    }
    return `${key}`;
  });
  return [...new Set(keys)];
}

/** The number of a conflict. */
export function conflictNamed(text: string): string {
  const number = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
  if (number >= 1n && number <= LARGEST_KEY) return `${number}`;
  throw new CommandError(2, `${text} is no number of a conflict; npx ems-sync conflicts list shows them`);
}

/** The id of a remote record: each target has its own notation, none has blanks. */
export function remoteIdNamed(text: string): string {
  if (/^\S{1,200}$/.test(text)) return text;
  throw new CommandError(2, `"${text}" is no id of a remote record`);
}

/** The processes that have this type. */
export function processesWith(type: EntityType): SyncProcess[] {
  return allProcesses().filter(({ mappings }) => mappings.some((mapping) => mapping.type === type));
}

function allProcesses(): SyncProcess[] {
  return TARGETS.map(({ process }) => process);
}

const plain = (name: string) => name.replaceAll(/[-_]/g, '').toLowerCase();

const ofThe = (processes: readonly SyncProcess[]) => (processes.length === 1 ? ` of ${processes[0]?.name}` : '');

function unknown(what: string, name: string, valid: readonly string[], where = ''): never {
  throw new CommandError(2, `unknown ${what} ${name}${where}; it is one of ${valid.join(', ')}`);
}
