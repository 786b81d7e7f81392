import type { Orm } from '../database/orm.ts';
import { loadRemoteIds, type Pair } from '../database/records/load-pairs.ts';
import type { Examined } from '../sync/delivery.ts';
import { formatRef } from '../sync/entity-type.ts';
import { formatInstant } from '../sync/instant.ts';
import { judgeOutbound, type JudgedEntity, type OutboundDecision } from '../sync/judge-outbound.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

export interface JudgedPair {
  readonly pair: Pair;
  readonly decision: OutboundDecision;
  /** Of what row this was judged; null if EMS has none. */
  readonly examined: Examined | null;
  /** The remote ids of the rows that this one refers to, by `Person/4711`. */
  readonly references: ReadonlyMap<string, string>;
}

/** Maps and judges many pairs at once; each is judged by itself, whatever the others are. */
export async function judgePairs(
  orm: Orm,
  process: SyncProcess,
  mapping: EntityMapping,
  pairs: readonly Pair[],
  options: { readonly resend?: boolean } = {},
): Promise<JudgedPair[]> {
  const references = new Map(
    pairs.map((pair) => [pair.key, pair.entity === null ? [] : mapping.references(pair.entity)] as const),
  );
  const mentions = pairs.flatMap((pair) => (pair.entity === null ? [] : mapping.mentions(pair.entity, pair.sources)));
  const remoteIds = await loadRemoteIds(orm, process.name, [...[...references.values()].flat(), ...mentions]);
  return pairs.map((pair) => {
    const missing = (references.get(pair.key) ?? []).filter((ref) => !remoteIds.has(formatRef(ref)));
    return {
      pair,
      decision: judgeOutbound(judgedEntity(mapping, pair, missing), pair.record, options),
      examined: examinedOf(process, pair),
      references: remoteIds,
    };
  });
}

function judgedEntity(
  mapping: EntityMapping,
  pair: Pair,
  missing: ReturnType<EntityMapping['references']>,
): JudgedEntity {
  if (pair.entity === null) return { kind: 'gone' };
  if (!pair.passesFilter) return { kind: 'filtered-out' };
  if (pair.sharedWith !== null) return { kind: 'linked', to: { type: mapping.type, key: pair.sharedWith } };
  const mapped = mapping.map(pair.entity, pair.sources);
  return mapped.kind === 'mapped' ? { ...mapped, missing } : mapped;
}

function examinedOf(process: SyncProcess, pair: Pair): Examined | null {
  if (pair.entity === null) return null;
  return {
    modifiedOn: formatInstant(pair.entity.modifiedOn),
    settled: pair.settled,
    sourcesVersion: pair.sourcesVersion,
    mappingVersion: process.mappingVersion,
  };
}
