import type { z } from 'zod';
import type { EntityType } from '../sync/entity-type.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { UnknownPairError } from '../sync/sync-error.ts';
import type { ConsentPolicy } from '../sync/suppression.ts';
import type { EntityMapping } from './entity-mapping.ts';
import type { RemoteSystem } from './remote-system.ts';

/** The declaration of one target: what the engine needs to know, and all it knows, of that system. */
export interface SyncProcess {
  readonly name: SyncProcessName;
  readonly directions: readonly Direction[];
  /** In dependency order: what others refer to comes first, and is removed last. */
  readonly mappings: readonly EntityMapping[];
  readonly limits: {
    /** Remote calls a second, over all workers. */
    readonly callsPerSecond: number;
    /** Remote calls at once in one worker. */
    readonly concurrentCalls: number;
    /** Deliveries that may wait at one worker to go in one call; left out: the target has no bulk calls. */
    readonly bulk?: { readonly itemsPerCall: number };
  };
  /** Remote ids tell who it is (a hash of an address): they are kept in the record alone, and enter no history or log. */
  readonly remoteIdsArePersonal?: true;
}

/** What the engine lends to a connection. */
export interface ConnectionServices {
  /**
   * Runs a call while holding one of the account's connections, over all workers (architecture rule 10).
   *
   * @param account names the account without a secret.
   * @throws SyncError of class `transient` if none gets free.
   */
  withConnection<T>(account: string, connections: number, call: () => Promise<T>): Promise<T>;
  readonly consentPolicy: ConsentPolicy;
}

/** A process with the settings that switch it on and the connection they make: one line of targets/index.ts. */
export interface Target {
  readonly process: SyncProcess;
  /** The environment variables, by name. The process is off while none of them is set. */
  readonly settings: z.ZodObject;
  /** @param settings what `settings` has parsed. */
  connect(settings: Readonly<Record<string, unknown>>, services: ConnectionServices): RemoteSystem;
}

export function defineTarget<S extends z.ZodObject>(target: {
  readonly process: SyncProcess;
  readonly settings: S;
  readonly connect: (settings: z.infer<S>, services: ConnectionServices) => RemoteSystem;
}): Target {
  return { ...target, connect: (settings, services) => target.connect(settings as z.infer<S>, services) };
}

/** @throws UnknownPairError if the process does not have this type; the message lists those that it has. */
export function mappingOf(process: SyncProcess, type: EntityType): EntityMapping {
  const mapping = process.mappings.find((candidate) => candidate.type === type);
  if (mapping === undefined) {
    const types = process.mappings.map((candidate) => candidate.type).join(', ');
    throw new UnknownPairError(`${process.name} has no ${type}; it has ${types}`);
  }
  return mapping;
}
