import { loadPairs, type AnyRow, type Pair } from '../database/records/load-pairs.ts';
import { contentHash } from '../sync/content-hash.ts';
import type { Child } from '../sync/delivery.ts';
import type { EntityRef, EntityType } from '../sync/entity-type.ts';
import { describeSuppressions, type Suppression } from '../sync/suppression.ts';
import type { AnyChildOf, EntityMapping } from '../targets/entity-mapping.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';
import { detectionOf, type Dependencies } from './dependencies.ts';

/** A mapping whose rows are children of another type's. */
export type ChildMapping = EntityMapping & { readonly childOf: AnyChildOf };

export const isChild = (mapping: EntityMapping): mapping is ChildMapping => mapping.childOf !== null;

/**
 * The child rows of each of these pairs, as they were in its snapshot.
 *
 * @param pairs with what the target has refused of each.
 */
export async function childrenOf(
  dependencies: Dependencies,
  process: SyncProcess,
  type: EntityType,
  pairs: readonly { readonly pair: Pair; readonly refused: readonly Suppression[] }[],
): Promise<ReadonlyMap<string, readonly Child[]>> {
  const children = new Map<string, Child[]>();
  const { sources } = mappingOf(process, type);
  for (const mapping of process.mappings.filter(isChild)) {
    if (mapping.childOf.type !== type) continue;
    const names = Object.keys(sources).filter((name) => sources[name]?.type === mapping.type);
    const rows = pairs.flatMap(({ pair, refused }) =>
      names.flatMap((name) =>
        (pair.sources[name] ?? []).map((row) => ({ row: row as AnyRow, refused, parent: pair.key })),
      ),
    );
    const detection = detectionOf(dependencies, process, mapping.type);
    const found = new Map(
      (
        await loadPairs(
          dependencies.orm,
          detection,
          rows.map(({ row }) => row.id),
        )
      ).map((pair) => [pair.key, pair]),
    );
    for (const { row, refused, parent } of rows) {
      const now = found.get(row.id);
      if (now === undefined || now.entity === null || !now.passesFilter) continue;
      // Changed since the parent's snapshot: what was delivered is not what it holds now.
      const settled = now.settled && now.entity.modifiedOn === row.modifiedOn;
      children.set(parent, [...(children.get(parent) ?? []), toChild(process, mapping, row, { settled, refused })]);
    }
  }
  return children;
}

function toChild(
  { mappingVersion }: SyncProcess,
  mapping: ChildMapping,
  row: AnyRow,
  { settled, refused }: { readonly settled: boolean; readonly refused: readonly Suppression[] },
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
      mappingVersion: `${mappingVersion}`,
    },
    suffix: mapped.kind === 'mapped' ? suffix(row) : '',
    contentHash: mapped.kind === 'mapped' ? contentHash(mapped.content) : null,
    refused: wants(row) && against.length > 0 ? describeSuppressions(against) : null,
    parked: mapped.kind === 'parked' ? `${mapped.field}: ${mapped.reason}` : null,
  };
}

/** Whose workflow delivers a child row; null: EMS has no such row. */
export async function parentOf(
  dependencies: Dependencies,
  process: SyncProcess,
  mapping: ChildMapping,
  key: string,
): Promise<EntityRef | null> {
  const [pair] = await loadPairs(dependencies.orm, detectionOf(dependencies, process, mapping.type), [key]);
  const row = pair?.entity ?? null;
  return row === null ? null : { type: mapping.childOf.type, key: mapping.childOf.key(row) };
}
