import { matchRows, type Candidate } from '../database/records/match-rows.ts';
import { refreshOutdatedValues } from '../database/records/refresh-unique-values.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import type { InboundContext } from './context.ts';
import { parked, type Resolving } from './unresolvable.ts';

/** A remote record, and the keys of the EMS rows that it refers to. */
export interface ReferringRecord {
  readonly record: RemoteRecord;
  readonly references: Readonly<Record<string, EntityKey>>;
}

/**
 * The row found by the declared match rule: the first criterion that finds any decides.
 *
 * @throws Unresolvable if it finds several that do not share one remote record.
 */
export async function matchRemote(
  { em }: Resolving,
  { keys: secrets, detection, inbound, type }: InboundContext,
  { record, references }: ReferringRecord,
): Promise<Candidate | null> {
  const criteria = inbound.match(record.content);
  // A row that EMS created since the last sweep must be found, too; otherwise the remote record would create a
  // duplicate.
  if (criteria.length > 0) await refreshOutdatedValues(em, detection, secrets);
  for (const criterion of criteria) {
    const candidates = await matchRows(em, detection, { criterion, references, secrets });
    const [first] = candidates;
    if (first === undefined) continue;
    if (candidates.length > 1 && !candidates.every(({ sharesWithAll }) => sharesWithAll)) {
      const names = candidates.map(({ key }) => `${type}/${key}`).join(', ');
      const by = Object.keys(criterion).join(', ');
      throw parked(`matches ${names} by ${by}: decide with link which one it is`, 'several-rows');
    }
    return first;
  }
  return null;
}
