import type { z } from 'zod';
import type { EntityType } from '../sync/entity-type.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { UnknownPairError } from '../sync/sync-error.ts';
import type { EntityMapping } from './entity-mapping.ts';
import type { RemoteSystem } from './remote-system.ts';

/** The declaration of one target: what the engine needs to know, and all it knows, of that system. */
export interface SyncProcess {
  readonly name: SyncProcessName;
  readonly directions: readonly Direction[];
  /** Raised when a mapping changes, so that every pair is judged again; equal content is not sent again. */
  readonly mappingVersion: number;
  /** In dependency order: what others refer to comes first, and is removed last. */
  readonly mappings: readonly EntityMapping[];
  readonly limits: {
    /** Remote calls a second, over all workers. */
    readonly callsPerSecond: number;
    /** Remote calls at once in one worker. */
    readonly concurrentCalls: number;
  };
}

/** A process with the settings that switch it on and the connection they make: one line of targets/index.ts. */
export interface Target {
  readonly process: SyncProcess;
  /** The environment variables, by name. The process is off while none of them is set. */
  readonly settings: z.ZodObject;
  /** @param settings what `settings` has parsed. */
  connect(settings: Readonly<Record<string, unknown>>): RemoteSystem;
}

export function defineTarget<S extends z.ZodObject>(target: {
  readonly process: SyncProcess;
  readonly settings: S;
  readonly connect: (settings: z.infer<S>) => RemoteSystem;
}): Target {
  return { ...target, connect: (settings) => target.connect(settings as z.infer<S>) };
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
