import { findDuePage, findGonePage } from '../database/detection/find-page.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { EntityRef } from '../sync/entity-type.ts';
import { SyncError } from '../sync/sync-error.ts';
import { isChild } from './children.ts';
import { typeContext, type Attempt } from './context.ts';

/** Per type. They are asked together; the next round asks the remaining ones. */
const MOST_ASKED = 50;

type Blocked = Extract<Delivery, { kind: 'blocked' }>;
export type BlockedByDependents = Pick<Blocked, 'kind' | 'by' | 'field' | 'reason'>;

/**
 * The target keeps a row because other records refer to it: those that must leave or change are asked to go first.
 *
 * @throws SyncError of class `transient` if there are none: EMS, or another client of the target, still wants those
 * others.
 */
export async function blockedByDependents(attempt: Attempt, reason: string): Promise<BlockedByDependents> {
  const by: EntityRef[] = [];
  // Start with the types that depend on most others.
  for (const mapping of attempt.process.mappings.toReversed()) {
    if (isChild(mapping) || !mapping.referencedTypes.includes(attempt.type)) continue;
    const { orm, detection } = typeContext(attempt, mapping.type);
    const em = orm.em.fork();
    const page = { after: null, limit: MOST_ASKED };
    const keys = [...(await findGonePage(em, detection, page)), ...(await findDuePage(em, detection, page))];
    by.push(...keys.map((key) => ({ type: mapping.type, key })));
  }
  if (by.length === 0) throw new SyncError('transient', reason, { code: 'has-dependents' });
  return { kind: 'blocked', by, field: 'id', reason };
}
