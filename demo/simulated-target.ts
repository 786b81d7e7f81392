import type { Client } from '@temporalio/client';
import type { Rng } from '../simulators/ems/index.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { Difference } from './difference.ts';

/** The simulator of one target: one entry of simulated-targets.ts. */
export interface SimulatedTarget {
  readonly process: SyncProcessName;
  /** @param folder this demo's own, for the target's data. */
  start(folder: string): Promise<RunningTarget>;
}

export interface RunningTarget {
  /** The settings that enable its process. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Registers the gateway's webhook (`gateway`: a URL without a path).
   *
   * @returns the settings with which the gateway verifies the target's webhooks.
   */
  addWebhook?(gateway: string): Promise<Readonly<Record<string, string>>>;
  /** A page that shows the target's content. */
  readonly stateUrl: string;
  /** Creates what the target has before the first sync, and links it as an operator does. EMS is filled and the workers run. */
  prepare?(sample: Sample): Promise<void>;
  /** Actions of people at the target, and EMS's responses, by name. */
  readonly happenings?: Happenings;
  /** Compares its content with EMS, by rules that are independent of the engine's code. */
  verify(databaseUrl: string): Promise<Verification>;
  /** Runs `work` and counts the write requests that reached the target meanwhile. */
  countWrites(work: () => Promise<void>): Promise<number>;
  /** Its knobs: every simulator has these; see simulators/kit/faults.ts. Null clears one. */
  setFaults(faults: Readonly<Record<string, unknown>>): Promise<void>;
  clearFaults(): Promise<void>;
  /** Sets its clock off from the machine's. */
  setClock(offsetMs: number): Promise<void>;
  /**
   * Kills it, and starts it again with its data, at the same address.
   *
   * @param whileAway runs between the two.
   */
  crash(whileAway?: () => void): Promise<void>;
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

/** Runs the action once. Returns the ids that it concerned, or null if it was not possible. */
export type Happening = (scene: Scene) => Promise<string | null>;

export interface Scene {
  readonly databaseUrl: string;
  readonly rng: Rng;
}

export interface Verification {
  /** Number of rows compared. */
  readonly compared: number;
  readonly differences: readonly Difference[];
}
