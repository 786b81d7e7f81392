import type { Base, SecretKey } from '../sync/keyed-hash.ts';
import type { AnyRow } from '../database/records/load-pairs.ts';
import { ADDRESS_FIELD, addressHashes } from '../sync/address-hash.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import { addressesOf } from './pair-consent.ts';

/** The name of a pair's own lock: its workflow's id. */
export const pairName = (process: SyncProcessName, type: EntityType, key: EntityKey) =>
  `ems-sync pair ${pairWorkflowId(process, type, key)}`;

/**
 * The names of a row's addresses: EMS's current one, and the target's last known one. Hashes, because lock names are visible in the
 * database. Each address has a name per key, and per hash that `rekey` makes, so that workers with different key lists exclude
 * each other during a key rotation.
 */
export function addressNames(
  process: SyncProcessName,
  { mapping, keys }: { readonly mapping: EntityMapping; readonly keys: readonly SecretKey[] },
  { entity, base }: { readonly entity: AnyRow | null; readonly base: Base | null },
): readonly string[] {
  if (mapping.consent === null) return [];
  const own = addressHashes('email', addressesOf(mapping, entity).email, keys, { undivided: false });
  const held = base?.[ADDRESS_FIELD];
  return [...new Set([...own, ...(held === undefined ? [] : [held])])].map(
    (hash) => `ems-sync address ${process} ${hash}`,
  );
}
