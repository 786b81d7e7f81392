import type { SyncProcessName } from './sync-process-name.ts';

/** A process that an operator has stopped until `ems-sync resume`. */
export interface Pause {
  readonly process: SyncProcessName;
  /** RFC 3339, in UTC. */
  readonly pausedOn: string;
}

/** The failure type of an activity of a paused process, and the code of its error. */
export const PAUSED = 'paused';

/** For everyone who asks meanwhile: what holds the work, and how it goes on. */
export const describePause = ({ process, pausedOn }: Pause): string =>
  `${process} is paused since ${pausedOn}: npx ems-sync resume ${process}`;
