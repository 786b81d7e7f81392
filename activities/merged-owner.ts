import { loadPair } from '../database/records/load-pairs.ts';
import type { Delivery } from '../sync/delivery.ts';
import { formatRef, type EntityKey } from '../sync/entity-type.ts';
import { inboundOf, otherPair, type Attempt } from './context.ts';
import { linkedEnds } from './fetch-remote.ts';

type Blocked = Extract<Delivery, { kind: 'blocked' }>;

/**
 * Called before a row gives up its own remote record because it shares an address with another row that has one: does
 * that record still exist? The two may share the address only because the other record was merged into this one, which
 * then stays. The other row is requested first: it finds its record gone and is unlinked.
 *
 * @returns null: it exists, or cannot be read.
 */
export async function mergedOwner(
  attempt: Attempt,
  owner: EntityKey,
): Promise<Pick<Blocked, 'kind' | 'by' | 'field' | 'reason'> | null> {
  const ref = { type: attempt.type, key: owner };
  const other = otherPair(attempt, ref);
  const inbound = inboundOf(other);
  const linked = linkedEnds(await loadPair(other.orm, other.detection, owner));
  if (inbound === null || linked === null) return null;
  const { type } = attempt;
  const there = await inbound.source.fetch({ type, remoteId: linked.remoteId }, owner);
  if (there !== null) return null;
  return { kind: 'blocked', by: [ref], field: 'remoteId', reason: `has taken in the record of ${formatRef(ref)}` };
}
