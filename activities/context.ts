import type { Detection } from '../database/detection/detection.ts';
import { drawFencingToken } from '../database/records/fencing-token.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import { UnknownPairError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { uniqueHashPrefix } from '../sync/unique-value.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { InboundMapping } from '../targets/inbound-mapping.ts';
import type { InboundSource } from '../targets/inbound-source.ts';
import type { RemoteSystem } from '../targets/remote-system.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';
import type { Dependencies } from './dependencies.ts';

/** An enabled process, its connection, and what its work needs. Built once, then passed on. */
export interface ProcessContext extends Omit<Dependencies, 'processes'> {
  readonly process: SyncProcess;
  readonly remote: RemoteSystem;
  /** How many processes are enabled. */
  readonly processCount: number;
}

/** The same for one entity type of the process. */
export interface TypeContext extends ProcessContext {
  readonly type: EntityType;
  readonly mapping: EntityMapping;
  readonly detection: Detection;
}

/** The same for one pair. */
export interface PairContext extends TypeContext {
  readonly key: EntityKey;
  readonly ref: { readonly process: SyncProcessName; readonly type: EntityType; readonly key: EntityKey };
  readonly workflowId: string;
}

/** One attempt at a pair. A later attempt has a higher fencing token, so that writes of an older one are refused. */
export interface Attempt extends PairContext {
  readonly fencingToken: bigint;
}

/** A type that is read back, with its source and its inbound mapping. */
export interface InboundContext extends TypeContext {
  readonly source: InboundSource;
  readonly inbound: InboundMapping;
}

/** One attempt at the inbound half. */
export type InboundAttempt = Attempt & InboundContext;

/** @throws UnknownPairError if the process is disabled in this worker. */
export function processContext(
  { processes, ...dependencies }: Dependencies,
  { process: name }: { readonly process: SyncProcessName },
): ProcessContext {
  const connected = processes.get(name);
  if (connected === undefined) {
    throw new UnknownPairError(
      `${name} is off in this worker: its settings are missing (npx ems-sync check names them)`,
    );
  }
  return { ...dependencies, ...connected, processCount: processes.size };
}

/** @throws UnknownPairError if the process does not have this type. */
export function typeContext<C extends ProcessContext>(context: C, type: EntityType): C & TypeContext {
  const { process, settleMs, consentScope, keys } = context;
  const mapping = mappingOf(process, type);
  const detection = {
    process: process.name,
    mapping,
    mappingVersion: mapping.version,
    settleMs,
    consentScope,
    uniqueHashPrefix: uniqueHashPrefix(keys),
  };
  return { ...context, type, mapping, detection };
}

/** @throws UnknownPairError as {@link processContext} and {@link typeContext} do. */
export function pairContext(
  dependencies: Dependencies,
  {
    process: name,
    type,
    key,
  }: { readonly process: SyncProcessName; readonly type: EntityType; readonly key: EntityKey },
): PairContext {
  return pairOf(typeContext(processContext(dependencies, { process: name }), type), key);
}

/** The context of one row of a type. */
export function pairOf(context: TypeContext, key: EntityKey): PairContext {
  const { process, type } = context;
  const { name } = process;
  return { ...context, key, ref: { process: name, type, key }, workflowId: pairWorkflowId(name, type, key) };
}

/** The context of another pair of the same process. */
export function otherPair(context: ProcessContext, { type, key }: EntityRef): PairContext {
  return pairOf(typeContext(context, type), key);
}

/** Draws the attempt's fencing token before anything is read, so that a later attempt has read newer rows. */
export async function newAttempt(pair: PairContext): Promise<Attempt> {
  return { ...pair, fencingToken: await drawFencingToken(pair.orm) };
}

/** Null if this type is never read. */
export function inboundOf<C extends TypeContext>(context: C): (C & InboundContext) | null {
  const { remote, mapping } = context;
  if (remote.inbound === undefined || mapping.inbound === null) return null;
  return { ...context, source: remote.inbound, inbound: mapping.inbound };
}

/** @throws UnknownPairError if the process only writes to its target. */
export function inboundSource({ process, remote }: ProcessContext): InboundSource {
  if (remote.inbound === undefined)
    throw new UnknownPairError(`${process.name} is outbound only: nothing is read back`);
  return remote.inbound;
}
