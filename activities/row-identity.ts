import { identifyingValues, identityGroups } from '../database/entities/identity.ts';
import type { EntityManager } from '../database/orm.ts';
import { loadPairWithin, type AnyRow, type Pair } from '../database/records/load-pairs.ts';
import { followRow } from '../database/records/reissued.ts';
import type { EntityRef } from '../sync/entity-type.ts';
import { agreementBetween, agreementWith, fingerprintOf, isAnother, type Fingerprint } from '../sync/identity.ts';
import type { SecretKey } from '../sync/keyed-hash.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { typeContext, type InboundContext, type ProcessContext, type TypeContext } from './context.ts';

type KeyedType = Pick<TypeContext, 'keys' | 'mapping'>;

/** The first key creates new fingerprints. Before SYNC_KEY was required, they could be created with the installation's. */
function identityKeys({ keys }: Pick<TypeContext, 'keys'>, { installationKey }: Pair): readonly SecretKey[] {
  return installationKey === null ? keys : [...keys, installationKey];
}

const valuesOf = ({ mapping }: KeyedType, { createdOn }: Pair, row: AnyRow) =>
  identifyingValues(mapping.type, row, createdOn);

/** The fingerprint of the pair's row, or of the row as it will be. Null if EMS has no such row. */
export function fingerprintOfRow(context: KeyedType, pair: Pair, row: AnyRow | null = pair.entity): Fingerprint | null {
  if (row === null) return null;
  return fingerprintOf(valuesOf(context, pair, row), identityKeys(context, pair));
}

/**
 * Whether the record belongs to a former row: EMS has reused the id, for example after a restore. Then the remote
 * record is the former row's.
 */
export function isReissued(context: KeyedType, pair: Pair): boolean {
  const { record } = pair;
  if (record === null || record.remoteId === null || record.reissued === 'anew') return false;
  return record.fingerprint === null ? record.reissued !== null : contradicts(context, pair);
}

/** Whether an earlier attempt started to create this row at the target. */
export function wasBegun(context: KeyedType, pair: Pair): boolean {
  return pair.record !== null && pair.record.fingerprint !== null && !contradicts(context, pair);
}

function contradicts(context: KeyedType, pair: Pair): boolean {
  const { entity, record } = pair;
  if (entity === null || record === null || record.fingerprint === null) return false;
  const agreement = agreementWith(record.fingerprint, valuesOf(context, pair, entity), identityKeys(context, pair));
  return isAnother(identityGroups(context.mapping.type), agreement);
}

/** The same for a row that a remote record refers to. */
export async function isReissuedRow(
  em: EntityManager,
  context: ProcessContext,
  { type, key }: EntityRef,
): Promise<boolean> {
  const ofType = typeContext(context, type);
  return isReissued(ofType, await loadPairWithin(em, ofType.detection, key));
}

/**
 * We changed the row ourselves, from a remote record: it is still the same row, so the fingerprints in other targets'
 * records are updated.
 */
export async function followOwnChange(em: EntityManager, context: KeyedType, pair: Pair, after: AnyRow): Promise<void> {
  const { entity } = pair;
  const fingerprint = fingerprintOfRow(context, pair, after);
  if (entity === null || fingerprint === null) return;
  const keys = identityKeys(context, pair);
  const groups = identityGroups(context.mapping.type);
  const before = valuesOf(context, pair, entity);
  const isSame = (recorded: Fingerprint) => !isAnother(groups, agreementWith(recorded, before, keys));
  await followRow(em, context.mapping.type, pair.key, { isSame, fingerprint });
}

/** Whether a remote record with a row's id has nothing else in common with the row. */
export function hasNothingInCommon({ inbound, type }: InboundContext, row: AnyRow, { content }: RemoteRecord): boolean {
  const told = inbound.apply(content, Object.keys(content), null);
  const held = { ...row, ...inbound.apply(content, Object.keys(content), row) } as Record<string, unknown>;
  const there = Object.fromEntries(Object.keys(told).map((column) => [column, held[column]]));
  const values = (one: object) => identifyingValues(type, one, null);
  return isAnother(identityGroups(type), agreementBetween(values(row), values(there)), 1);
}
