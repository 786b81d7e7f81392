import type { Pair } from '../database/records/load-pairs.ts';
import { differsInRemoteFields } from '../sync/judge-inbound.ts';
import type { TypeContext } from './context.ts';

/** Whether EMS has changed what the remote owns, which no content that is sent shows: the remote's value is to be read again. */
export function hasLeftRemote(
  { keys, mapping: { inbound, owners } }: TypeContext,
  { entity, record, sources }: Pair,
): boolean {
  if (inbound === null || entity === null || record === null) return false;
  const ems = inbound.view(entity, sources);
  return differsInRemoteFields({ owners, whenChanged: inbound.whenChanged, ems, base: record.base, keys });
}
