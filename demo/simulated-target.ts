import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { Difference } from './difference.ts';

/** The stand-in of one target system: one entry of simulated-targets.ts. */
export interface SimulatedTarget {
  readonly process: SyncProcessName;
  start(): Promise<RunningTarget>;
}

export interface RunningTarget {
  /** The settings that switch its process on. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where a person can look at what it holds. */
  readonly stateUrl: string;
  /** Compares what it holds with what EMS wants there, by rules written down apart from the engine's. */
  verify(databaseUrl: string): Promise<Verification>;
  /** Runs `work` and counts the write requests that reached the target meanwhile. */
  countWrites(work: () => Promise<void>): Promise<number>;
  stop(): Promise<void>;
}

export interface Verification {
  /** Rows that the target must have. */
  readonly compared: number;
  readonly differences: readonly Difference[];
}
