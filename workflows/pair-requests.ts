import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Absorption } from '../sync/absorption.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { PairCommand } from '../sync/pair-command.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import type { PairRef } from './pair-start.ts';

/**
 * What a pair can be asked for. `outbound`: bring the target to what EMS holds. `resend`: the same, even if the hash is
 * equal, and release a value that another entity needs. `inbound`: fetch the remote record first. Commands come from operators.
 */
export type SyncRequest = 'outbound' | 'resend' | 'inbound' | PairCommand;

export interface SyncEntityInput extends PairRef {
  readonly requests: readonly SyncRequest[];
}

export interface SyncEntityResult {
  readonly outcome: SyncOutcome;
  /** What the last pass did, for example `created`. */
  readonly delivery: Delivery['kind'] | Absorption['kind'] | 'failing' | 'refused';
  /** An error class or the reason, where the outcome has one. */
  readonly reason: string | null;
}

/** The type of the workflow `syncEntity`, for starting it by name. */
export type SyncEntityWorkflow = (input: SyncEntityInput) => Promise<SyncEntityResult>;

/** Asks a running pair for another pass. No change is missed: the pass begins after the request. */
export const requestedSignal = defineSignal<[SyncRequest]>('requested');

/** The same for a caller who waits. Answered when a pass that began after the request has a result, or keeps failing. */
export const syncNowUpdate = defineUpdate<SyncEntityResult, [SyncRequest]>('syncNow');
