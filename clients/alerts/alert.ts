import type { SyncProcessName } from '../../sync/sync-process-name.ts';

export type AlertKind = 'LATE' | 'FAILING' | 'HELD' | 'OSCILLATING' | 'LISTENER';

/** A state that somebody should know of. */
export interface Alert {
  readonly kind: AlertKind;
  /** Null: it concerns all. */
  readonly process: SyncProcessName | null;
  readonly text: string;
  readonly remedy: string;
}

/** How long a state must last before it is told, and be over before its end is told. Seconds. */
export const PATIENCE: Readonly<Record<AlertKind, { readonly begins: number; readonly ends: number }>> = {
  // Late is told of what has lasted for ten minutes already.
  LATE: { begins: 300, ends: 300 },
  // What a restart of a target leaves failing is tried again within ten minutes.
  FAILING: { begins: 900, ends: 600 },
  HELD: { begins: 60, ends: 300 },
  OSCILLATING: { begins: 300, ends: 900 },
  LISTENER: { begins: 300, ends: 300 },
};
