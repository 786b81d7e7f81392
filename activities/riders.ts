import { loadPairs, type AnyRow, type Pair } from '../database/records/load-pairs.ts';
import { contentHash } from '../sync/content-hash.ts';
import type { Rider } from '../sync/delivery.ts';
import type { EntityRef, EntityType } from '../sync/entity-type.ts';
import { formatInstant } from '../sync/instant.ts';
import { describeSuppressions, type Suppression } from '../sync/suppression.ts';
import type { AnyCarrier, EntityMapping } from '../targets/entity-mapping.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';
import { detectionOf, type Dependencies } from './dependencies.ts';

/** A mapping whose rows travel with another type's. */
export type TravellingMapping = EntityMapping & { readonly travelsWith: AnyCarrier };

export const travels = (mapping: EntityMapping): mapping is TravellingMapping => mapping.travelsWith !== null;

/**
 * The rows that travel with each of these pairs, as they were in its snapshot.
 *
 * @param pairs with what the target has refused of each.
 */
export async function ridersOf(
  dependencies: Dependencies,
  process: SyncProcess,
  type: EntityType,
  pairs: readonly { readonly pair: Pair; readonly refused: readonly Suppression[] }[],
): Promise<ReadonlyMap<string, readonly Rider[]>> {
  const riders = new Map<string, Rider[]>();
  const { sources } = mappingOf(process, type);
  for (const mapping of process.mappings.filter(travels)) {
    if (mapping.travelsWith.type !== type) continue;
    const names = Object.keys(sources).filter((name) => sources[name]?.type === mapping.type);
    const carried = pairs.flatMap(({ pair, refused }) =>
      names.flatMap((name) =>
        (pair.sources[name] ?? []).map((row) => ({ row: row as AnyRow, refused, carrier: pair.key })),
      ),
    );
    const detection = detectionOf(dependencies, process, mapping.type);
    const found = new Map(
      (
        await loadPairs(
          dependencies.orm,
          detection,
          carried.map(({ row }) => row.id),
        )
      ).map((pair) => [pair.key, pair]),
    );
    for (const { row, refused, carrier } of carried) {
      const now = found.get(row.id);
      if (now === undefined || now.entity === null || !now.passesFilter) continue;
      // Changed since the carrier's snapshot: what was delivered is not what it holds now.
      const settled = now.settled && now.entity.modifiedOn.equals(row.modifiedOn);
      riders.set(carrier, [...(riders.get(carrier) ?? []), riderOf(process, mapping, row, { settled, refused })]);
    }
  }
  return riders;
}

function riderOf(
  { mappingVersion }: SyncProcess,
  mapping: TravellingMapping,
  row: AnyRow,
  { settled, refused }: { readonly settled: boolean; readonly refused: readonly Suppression[] },
): Rider {
  const { suffix, channel, wants } = mapping.travelsWith;
  const mapped = mapping.map(row, {});
  const against = refused.filter((one) => one.channel === channel(row));
  return {
    type: mapping.type,
    key: row.id,
    examined: { modifiedOn: formatInstant(row.modifiedOn), settled, sourcesVersion: null, mappingVersion },
    suffix: mapped.kind === 'mapped' ? suffix(row) : '',
    contentHash: mapped.kind === 'mapped' ? contentHash(mapped.content) : null,
    refused: wants(row) && against.length > 0 ? describeSuppressions(against) : null,
    parked: mapped.kind === 'parked' ? `${mapped.field}: ${mapped.reason}` : null,
  };
}

/** Whose workflow delivers a row that travels; null: EMS has no such row. */
export async function carrierOf(
  dependencies: Dependencies,
  process: SyncProcess,
  mapping: TravellingMapping,
  key: string,
): Promise<EntityRef | null> {
  const [pair] = await loadPairs(dependencies.orm, detectionOf(dependencies, process, mapping.type), [key]);
  const row = pair?.entity ?? null;
  return row === null ? null : { type: mapping.travelsWith.type, key: mapping.travelsWith.key(row) };
}
