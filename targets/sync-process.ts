import type { z } from 'zod';
import type { EntityType } from '../sync/entity-type.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import type { FailureMeanings } from '../sync/failure-meaning.ts';
import type { SecretKey } from '../sync/derived-keys.ts';
import { UnknownPairError } from '../sync/sync-error.ts';
import type { ConsentPolicy } from '../sync/suppression.ts';
import type { EntityMapping } from './entity-mapping.ts';
import type { RemoteSystem } from './remote-system.ts';

/** The declaration of one target: everything the engine knows about that system. */
export interface SyncProcess {
  readonly name: SyncProcessName;
  readonly directions: readonly Direction[];
  /** In dependency order: types that others refer to come first, and are removed last. */
  readonly mappings: readonly EntityMapping[];
  readonly limits: {
    /** Remote calls per second, over all workers. */
    readonly callsPerSecond: number;
    /** Concurrent remote calls in one worker. */
    readonly concurrentCalls: number;
    /** The most deliveries that one worker sends in one call. Left out if the target has no bulk calls. */
    readonly bulk?: { readonly itemsPerCall: number };
    /**
     * The target answers at once and has capacity to spare, so a sweep's children deliver within their own workflow task,
     * without a task of the target's queue. Half of `callsPerSecond` is set aside for them.
     */
    readonly inline?: true;
  };
  /** Remote ids are personal data (hashes of addresses). They are kept in the record only, never in a history or log. */
  readonly remoteIdsArePersonal?: true;
  /** What failures mean that only this target has, by the part of their code that follows the process. */
  readonly failures?: FailureMeanings;
}

/** What the engine provides to a connection. */
export interface ConnectionServices {
  /**
   * Runs a call while holding one of the account's connections, over all workers (architecture rule 10).
   *
   * @param account the account's name, without a secret.
   * @throws SyncError of class `transient` if no connection becomes free.
   */
  withConnection<T>(account: string, connections: number, call: () => Promise<T>): Promise<T>;
  readonly consentPolicy: ConsentPolicy;
  /** The keys of SYNC_KEY, newest first; empty if it is not set. */
  readonly keys: readonly SecretKey[];
}

/** A process with its settings and its connection: one line in targets/index.ts. */
export interface Target {
  readonly process: SyncProcess;
  /** The environment variables, by name. The process is off unless at least one of them is set. */
  readonly settings: z.ZodObject;
  /**
   * What tells this account from another one: addresses and numbers that stay when keys and passwords change.
   *
   * @param settings the output of `settings`.
   */
  account(settings: Readonly<Record<string, unknown>>): readonly string[];
  /** @param settings the output of `settings`. */
  connect(settings: Readonly<Record<string, unknown>>, services: ConnectionServices): RemoteSystem;
}

export function defineTarget<S extends z.ZodObject>(target: {
  readonly process: SyncProcess;
  readonly settings: S;
  readonly account: (settings: z.infer<S>) => readonly string[];
  readonly connect: (settings: z.infer<S>, services: ConnectionServices) => RemoteSystem;
}): Target {
  return {
    ...target,
    account: (settings) => target.account(settings as z.infer<S>),
    connect: (settings, services) => target.connect(settings as z.infer<S>, services),
  };
}

/** @throws UnknownPairError if the process does not have this type. The message lists the types that it has. */
export function mappingOf(process: SyncProcess, type: EntityType): EntityMapping {
  const mapping = process.mappings.find((candidate) => candidate.type === type);
  if (mapping === undefined) {
    const types = process.mappings.map((candidate) => candidate.type).join(', ');
    throw new UnknownPairError(`${process.name} has no ${type}; it has ${types}`);
  }
  return mapping;
}
