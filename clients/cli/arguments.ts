import type { EntityKey } from '../../sync/entity-type.ts';
import { SYNC_PROCESS_NAMES, type SyncProcessName } from '../../sync/sync-process-name.ts';
import { plain } from '../plain-name.ts';
import { CommandError } from './command-error.ts';

// Checked before a command's code is loaded, so that a typing mistake is reported at once.

const LARGEST_KEY = 2n ** 63n - 1n;

/** The process of that name, in any spelling. @throws CommandError with the valid names. */
export function processArgument(name: string): SyncProcessName {
  const found = SYNC_PROCESS_NAMES.find((process) => plain(process) === plain(name));
  return found ?? unknown('process', name, SYNC_PROCESS_NAMES);
}

/** The id of an EMS row, without leading zeros. @throws CommandError */
export function keyArgument(text: string): EntityKey {
  const key = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
  if (key >= 1n && key <= LARGEST_KEY) return `${key}`;
  throw new CommandError(2, `${text} is not an id of an EMS row; an id is a whole number from 1 to ${LARGEST_KEY}`);
}

/** For a list of ids: adds one, unless it is there already. @throws CommandError */
export function keysArgument(text: string, before: readonly EntityKey[] = []): EntityKey[] {
  return [...new Set([...before, keyArgument(text)])];
}

/** The number of a conflict. @throws CommandError */
export function conflictArgument(text: string): string {
  const number = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
  if (number >= 1n && number <= LARGEST_KEY) return `${number}`;
  throw new CommandError(2, `${text} is not the number of a conflict; npx ems-sync conflicts list shows them`);
}

/** The number of a hold. @throws CommandError */
export function holdArgument(text: string): string {
  const number = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
  if (number >= 1n && number <= LARGEST_KEY) return `${number}`;
  throw new CommandError(2, `${text} is not the number of a hold; npx ems-sync status shows them`);
}

/** The id of a remote record: each target has its own notation, none contains blanks. @throws CommandError */
export function remoteIdArgument(text: string): string {
  if (/^\S{1,200}$/.test(text)) return text;
  throw new CommandError(2, `"${text}" is not an id of a remote record`);
}

/** @throws CommandError */
export function unknown(what: string, name: string, valid: readonly string[], where = ''): never {
  throw new CommandError(2, `unknown ${what} ${name}${where}; it is one of ${valid.join(', ')}`);
}

/** The shells that `ems-sync completion` writes for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];
