import { loadCurrent, type CurrentRow } from '../database/records/load-current.ts';
import { loadPair, type AnyRow, type Pair } from '../database/records/load-pairs.ts';
import { contentHash } from '../sync/content-hash.ts';
import type { Child } from '../sync/delivery.ts';
import type { SecretKey } from '../sync/derived-keys.ts';
import type { EntityKey, EntityRef } from '../sync/entity-type.ts';
import { describeSuppressions, type Suppression } from '../sync/suppression.ts';
import type { AnyChildOf, EntityMapping } from '../targets/entity-mapping.ts';
import { typeContext, type PairContext, type ProcessContext, type TypeContext } from './context.ts';

/** A mapping whose rows are children of another type's and are delivered with their parent. */
export type ChildMapping = EntityMapping & { readonly childOf: AnyChildOf };

export const isChild = (mapping: EntityMapping): mapping is ChildMapping => mapping.childOf !== null;

/** A pair, and the target's refusals of it. */
export interface ParentPair {
  readonly pair: Pair;
  readonly refused: readonly Suppression[];
}

/** The child rows of each of these pairs, from its snapshot. */
export async function childrenOf(
  context: TypeContext,
  parents: readonly ParentPair[],
): Promise<ReadonlyMap<EntityKey, readonly Child[]>> {
  const children = new Map<EntityKey, Child[]>();
  for (const mapping of context.process.mappings.filter(isChild)) {
    if (mapping.childOf.type !== context.type) continue;
    const rows = rowsOf(context, mapping, parents);
    const now = await currentRows(
      context,
      mapping,
      rows.map(({ row }) => row.id),
    );
    for (const { row, refused, parent } of rows) {
      const current = now.get(row.id);
      if (current === undefined || !current.passesFilter) continue;
      // Changed since the parent's snapshot, so what was delivered is outdated.
      const settled = current.settled && current.modifiedOn === row.modifiedOn;
      children.set(parent, [
        ...(children.get(parent) ?? []),
        toChild(mapping, row, { settled, refused, keys: context.keys }),
      ]);
    }
  }
  return children;
}

/** The same for one pair. */
export async function childrenOfPair(context: PairContext, parent: ParentPair): Promise<readonly Child[]> {
  return (await childrenOf(context, [parent])).get(context.key) ?? [];
}

/** The rows of the child type in the parents' snapshots, under any source name of their mapping. */
function rowsOf({ mapping: { sources } }: TypeContext, { type }: ChildMapping, parents: readonly ParentPair[]) {
  const names = Object.keys(sources).filter((name) => sources[name]?.type === type);
  return parents.flatMap(({ pair, refused }) =>
    names.flatMap((name) =>
      (pair.sources[name] ?? []).map((row) => ({ row: row as AnyRow, refused, parent: pair.key })),
    ),
  );
}

async function currentRows(
  context: ProcessContext,
  { type }: ChildMapping,
  keys: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, CurrentRow>> {
  const { orm, detection } = typeContext(context, type);
  return new Map((await loadCurrent(orm.em.fork(), detection, keys)).map((row) => [row.key, row]));
}

function toChild(
  mapping: ChildMapping,
  row: AnyRow,
  {
    settled,
    refused,
    keys,
  }: {
    readonly settled: boolean;
    readonly refused: readonly Suppression[];
    readonly keys: readonly SecretKey[];
  },
): Child {
  const { suffix, channel, wants } = mapping.childOf;
  const mapped = mapping.map(row, {});
  const against = refused.filter((one) => one.channel === channel(row));
  return {
    type: mapping.type,
    key: row.id,
    evaluated: {
      modifiedOn: row.modifiedOn,
      settled,
      sourcesVersion: null,
      mappingVersion: mapping.version,
    },
    suffix: mapped.kind === 'mapped' ? suffix(row) : '',
    contentHash: mapped.kind === 'mapped' ? contentHash(mapped.content, keys) : null,
    refused: wants(row) && against.length > 0 ? describeSuppressions(against) : null,
    parked: mapped.kind === 'parked' ? `${mapped.field}: ${mapped.reason}` : null,
    ...(mapped.kind === 'parked' ? { parkedCode: mapped.code } : {}),
  };
}

/** The row whose workflow delivers a child row. Null if EMS has no such child. */
export async function parentOf(
  { orm, detection, key }: PairContext,
  { childOf }: ChildMapping,
): Promise<EntityRef | null> {
  const { entity } = await loadPair(orm, detection, key);
  return entity === null ? null : { type: childOf.type, key: childOf.key(entity) };
}
