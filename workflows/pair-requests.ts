import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Absorption } from '../sync/absorption.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { PairCommand } from '../sync/pair-command.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import type { PairRef } from './pair-start.ts';

/**
 * What a pair can be asked for. `outbound`: bring the target to what EMS holds. `resend`: the same, even if the hash is
 * equal, letting go of a value that another entity needs. `inbound`: fetch the remote record first. A command is an operator's.
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

/** The type of the workflow `syncEntity`, for whoever starts it by name. */
export type SyncEntityWorkflow = (input: SyncEntityInput) => Promise<SyncEntityResult>;

/** Asks a running pair for another pass; a change is never missed, for it is served by a pass that begins afterwards. */
export const requestedSignal = defineSignal<[SyncRequest]>('requested');

/** The same for a caller who waits: answered when a pass that began after the request has a result, or keeps failing. */
export const syncNowUpdate = defineUpdate<SyncEntityResult, [SyncRequest]>('syncNow');
