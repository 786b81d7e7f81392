import type { Client } from '@temporalio/client';
import type { Rng } from '../simulators/ems/index.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { Difference } from './difference.ts';

/** The stand-in of one target system: one entry of simulated-targets.ts. */
export interface SimulatedTarget {
  readonly process: SyncProcessName;
  /** @param folder of this demo alone, where the target may keep what it holds. */
  start(folder: string): Promise<RunningTarget>;
}

export interface RunningTarget {
  /** The settings that switch its process on. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Has it tell the gateway (an address without a path) what happens there.
   *
   * @returns the settings by which the gateway knows that it was this target.
   */
  addWebhook?(gateway: string): Promise<Readonly<Record<string, string>>>;
  /** Where a person can look at what it holds. */
  readonly stateUrl: string;
  /** Gives it what it has before EMS comes, and links the two as an operator does. EMS is filled and the workers run. */
  prepare?(sample: Sample): Promise<void>;
  /** What people do there, and EMS because of them, by name. */
  readonly happenings?: Happenings;
  /** Compares what it holds with what EMS holds, by rules written down apart from the engine's. */
  verify(databaseUrl: string): Promise<Verification>;
  /** Runs `work` and counts the write requests that reached the target meanwhile. */
  countWrites(work: () => Promise<void>): Promise<number>;
  stop(): Promise<void>;
}

export interface Sample {
  readonly databaseUrl: string;
  readonly temporal: Client;
  /** Participants of EMS's main event. */
  readonly size: number;
  readonly rng: Rng;
}

export type Happenings = Readonly<Record<string, Happening>>;

/** Does it once, somewhere. Returns whom it concerned, ids alone; null: there was nobody whom it could concern. */
export type Happening = (scene: Scene) => Promise<string | null>;

export interface Scene {
  readonly databaseUrl: string;
  readonly rng: Rng;
}

export interface Verification {
  /** Rows that are compared. */
  readonly compared: number;
  readonly differences: readonly Difference[];
}
