import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Absorption } from '../sync/absorption.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { PairCommand } from '../sync/pair-command.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { PairRef, RemoteToSync } from './pair-start.ts';

/**
 * The possible requests to a pair. `outbound`: bring the target to EMS's state. `resend`: the same, even if the hash is
 * equal, and release a value that another entity needs. `inbound`: fetch the remote record first. Commands come from
 * operators.
 */
export type SyncRequest = 'outbound' | 'resend' | 'inbound' | PairCommand;

export interface SyncEntityInput extends PairRef {
  readonly requests: readonly SyncRequest[];
  /** The first delivery may run within the workflow's own task. Left out: by the target's queue. */
  readonly inline?: true;
}

export interface SyncEntityResult {
  readonly outcome: SyncOutcome;
  /** What the last pass did, for example `created`. */
  readonly delivery: Delivery['kind'] | Absorption['kind'] | 'failing' | 'paused' | 'refused';
  /** An error class or the reason, if the outcome has one. */
  readonly reason: string | null;
}

/** The type of the workflow `syncEntity`, for starting it by name. */
export type SyncEntityWorkflow = (input: SyncEntityInput) => Promise<SyncEntityResult>;

/** Requests another pass of a running pair. No change is missed, because the pass begins after the request. */
export const requestedSignal = defineSignal<[SyncRequest]>('requested');

/** The same for a caller who waits. Answered when a pass that began after the request has a result or keeps failing. */
export const syncNowUpdate = defineUpdate<SyncEntityResult, [SyncRequest]>('syncNow');

/** A remote record named by a webhook that EMS does not know. */
export type HintedRemote = Omit<RemoteToSync, 'process'>;

export interface ResolveHintedInput {
  readonly process: SyncProcessName;
  /** Left from the run before. */
  readonly remotes: readonly HintedRemote[];
}

/** The type of the workflow `resolveHinted`, for starting it by name. */
export type ResolveHintedWorkflow = (input: ResolveHintedInput) => Promise<ResolveHintedResult>;

export interface ResolveHintedResult {
  readonly resolved: number;
  /** They were left to the next poll. */
  readonly leftOut: number;
}

/** Names one of them. */
export const hintedSignal = defineSignal<[HintedRemote]>('hinted');
