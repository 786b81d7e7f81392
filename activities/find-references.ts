import { findByRemoteIds, referenceIds } from '../database/records/find-by-remote-id.ts';
import type { EntityManager } from '../database/orm.ts';
import { formatRef, type EntityKey, type EntityRef } from '../sync/entity-type.ts';
import { givenOutAgain } from '../sync/identity.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { Changes } from '../targets/inbound-mapping.ts';
import type { RemoteRecord, RemoteRef } from '../targets/inbound-source.ts';
import type { ProcessContext } from './context.ts';
import { isReissuedRow } from './row-identity.ts';

/**
 * The EMS ids of the records that a remote record refers to, by property.
 *
 * @throws SyncError if one is not known yet: it is being fetched itself, and this attempt is repeated. Or if a human must
 *   first say which row it is.
 */
export async function findReferences(
  em: EntityManager,
  context: ProcessContext,
  references: RemoteRecord['references'],
): Promise<Changes> {
  const found: Record<string, string> = {};
  for (const [property, ref] of Object.entries(references)) {
    const { type, remoteId } = ref;
    const row = await referredRow(em, context, ref);
    if (row?.isReissued === true) {
      throw new SyncError('transient', `waits for ${formatRef(row)}: ${givenOutAgain(row)}`, {
        code: 'reissued',
        field: property,
      });
    }
    if (row === null) {
      throw new SyncError('transient', `waits for ${type} ${remoteId}, which EMS does not know yet`, {
        code: 'unknown-reference',
        field: property,
      });
    }
    found[property] = row.key;
  }
  return found;
}

/** Null if EMS has no row for it, or has since given that row's id to another one. */
export async function findReference(
  em: EntityManager,
  context: ProcessContext,
  ref: RemoteRef,
): Promise<EntityKey | null> {
  const row = await referredRow(em, context, ref);
  return row === null || row.isReissued ? null : row.key;
}

/** EMS's row for a remote record, and whether a human must say that it still is. Null: EMS has none. */
async function referredRow(
  em: EntityManager,
  context: ProcessContext,
  { type, remoteId }: RemoteRef,
): Promise<(EntityRef & { readonly isReissued: boolean }) | null> {
  const known = await findByRemoteIds(em, context.process.name, type, referenceIds(remoteId));
  const record = referenceIds(remoteId)
    .map((id) => known.get(id))
    .find((one) => one !== undefined);
  if (record === undefined || record.key === null || !(record.inEms || record.reissued)) return null;
  const ref = { type, key: record.key };
  return { ...ref, isReissued: record.reissued || (await isReissuedRow(em, context, ref)) };
}
