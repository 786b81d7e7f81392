import { findByRemoteIds, referenceIds } from '../database/records/find-by-remote-id.ts';
import type { EntityManager } from '../database/orm.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { Changes } from '../targets/inbound-mapping.ts';
import type { RemoteRecord, RemoteRef } from '../targets/inbound-source.ts';
import type { ProcessContext } from './context.ts';
import { isReissuedRow } from './row-identity.ts';

/**
 * The EMS ids of the records that a remote record refers to, by property.
 *
 * @throws SyncError if one is not known yet: it is being fetched itself, and this attempt is repeated.
 */
export async function findReferences(
  em: EntityManager,
  context: ProcessContext,
  references: RemoteRecord['references'],
): Promise<Changes> {
  const found: Record<string, string> = {};
  for (const [property, { type, remoteId }] of Object.entries(references)) {
    const key = await findReference(em, context, { type, remoteId });
    if (key === null) {
      throw new SyncError('transient', `waits for ${type} ${remoteId}, which EMS does not know yet`, {
        code: 'unknown-reference',
        field: property,
      });
    }
    found[property] = key;
  }
  return found;
}

/** Null if EMS has no row for it, or has since given that row's id to another one. */
export async function findReference(
  em: EntityManager,
  context: ProcessContext,
  ref: RemoteRef,
): Promise<string | null> {
  const known = await findByRemoteIds(em, context.process.name, ref.type, referenceIds(ref.remoteId));
  const record = referenceIds(ref.remoteId)
    .map((id) => known.get(id))
    .find((one) => one !== undefined);
  if (record === undefined || record.key === null || !record.inEms) return null;
  return (await isReissuedRow(em, context, { type: ref.type, key: record.key })) ? null : record.key;
}
