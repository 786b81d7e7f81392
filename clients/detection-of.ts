import type { Detection } from '../database/detection/due-query.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { CommonSettings } from '../settings/schema.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

export type DetectionSettings = Pick<CommonSettings, 'SETTLE_MS' | 'CONSENT_SCOPE'>;

/** What the detection query needs to know of one type of a process, as the sweep gives it. */
export function detectionOf(
  process: SyncProcess,
  mapping: EntityMapping,
  { SETTLE_MS: settleMs, CONSENT_SCOPE: consentScope }: DetectionSettings,
): Detection {
  return { process: process.name, mapping, mappingVersion: mapping.version, settleMs, consentScope };
}
