import type { SyncProcessName } from './sync-process-name.ts';

/** Why a process is stopped whose settings name another account than its records are about, and what to do. */
export function describeOtherAccount(process: SyncProcessName): string {
  return `${process} is stopped: its settings name another account than its records are about. Set the former account again, or run: npx ems-sync retarget ${process} --keep (the same data at a new address) or --anew (another account: everything is sent again)`;
}
