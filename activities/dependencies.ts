import type { Orm } from '../database/orm.ts';
import type { AdvisoryLocks } from '../database/advisory-locks.ts';
import type { Detection } from '../database/detection/due-query.ts';
import type { ConflictScope } from '../sync/judge-inbound.ts';
import type { SecretKey } from '../sync/keyed-hash.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { UnknownPairError } from '../sync/sync-error.ts';
import type { ConsentPolicy } from '../sync/suppression.ts';
import type { InboundSource } from '../targets/inbound-source.ts';
import type { RemoteSystem } from '../targets/remote-system.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';

/** A process that is switched on, with its connection. */
export interface ConnectedProcess {
  readonly process: SyncProcess;
  readonly remote: RemoteSystem;
}

/** What activities work with; the composition root (workers/) makes it, tests make their own. */
export interface Dependencies {
  readonly orm: Orm;
  readonly processes: ReadonlyMap<SyncProcessName, ConnectedProcess>;
  /** How long a change must have been visible before a sweep takes it, in milliseconds of the database's clock. */
  readonly settleMs: number;
  /** Keys of base and conflict log, newest first; empty where nothing is read back. */
  readonly keys: readonly SecretKey[];
  readonly conflictScope: ConflictScope;
  readonly consentPolicy: ConsentPolicy;
  /** Over all workers: writes for one address never run side by side. */
  readonly locks: AdvisoryLocks;
}

/** @throws UnknownPairError if the process is off in this worker. */
export function connectedProcess(dependencies: Dependencies, name: SyncProcessName): ConnectedProcess {
  const connected = dependencies.processes.get(name);
  if (connected === undefined) {
    throw new UnknownPairError(
      `${name} is off in this worker: its settings are missing (npx ems-sync check names them)`,
    );
  }
  return connected;
}

export function detectionOf(dependencies: Dependencies, process: SyncProcess, type: EntityType): Detection {
  return {
    process: process.name,
    mapping: mappingOf(process, type),
    mappingVersion: `${process.mappingVersion}`,
    settleMs: dependencies.settleMs,
  };
}

/** A process that is read back, with the connection it is read through. @throws UnknownPairError if it is not read. */
export function inboundProcess(
  dependencies: Dependencies,
  name: SyncProcessName,
): { readonly process: SyncProcess; readonly source: InboundSource } {
  const { process, remote } = connectedProcess(dependencies, name);
  if (remote.inbound === undefined) throw new UnknownPairError(`${name} is outbound only: nothing is read back`);
  return { process, source: remote.inbound };
}
