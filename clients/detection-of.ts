import type { Detection } from '../database/detection/due-query.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

/** What the detection query needs to know of one type of a process, as the sweep gives it. */
export function detectionOf(process: SyncProcess, mapping: EntityMapping, settleMs: number): Detection {
  return { process: process.name, mapping, mappingVersion: mapping.version, settleMs };
}
