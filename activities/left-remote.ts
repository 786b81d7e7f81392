import type { Pair } from '../database/records/load-pairs.ts';
import { differsInRemoteFields } from '../sync/judge-inbound.ts';
import type { TypeContext } from './context.ts';

/**
 * Whether EMS has changed a field owned by the remote. No sent content shows this, so the remote's value must be read
 * again.
 */
export function hasLeftRemote(
  { keys, mapping: { inbound, owners } }: TypeContext,
  { entity, record, sources }: Pair,
): boolean {
  if (inbound === null || entity === null || record === null) return false;
  const ems = inbound.view(entity, sources);
  return differsInRemoteFields({ owners, whenChanged: inbound.whenChanged, ems, base: record.base, keys });
}
