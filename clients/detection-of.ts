import type { Detection } from '../database/detection/due-query.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { CommonSettings } from '../settings/schema.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

export type DetectionSettings = Pick<CommonSettings, 'SETTLE_MS' | 'CONSENT_SCOPE'>;

/** The detection query's parameters for one type of a process, the same as the sweep uses. */
export function detectionOf(
  process: SyncProcess,
  mapping: EntityMapping,
  { SETTLE_MS: settleMs, CONSENT_SCOPE: consentScope }: DetectionSettings,
): Detection {
  return { process: process.name, mapping, mappingVersion: mapping.version, settleMs, consentScope };
}
