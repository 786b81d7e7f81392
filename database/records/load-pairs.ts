import { IsolationLevel, type EntitySchema } from '@mikro-orm/core';
import { sql } from 'kysely';
import { formatRef, type EntityKey, type EntityType } from '../../sync/entity-type.ts';
import type { Base, SecretKey } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EmsRows, SourceRowTypes } from '../entities/index.ts';
import { entityTable, recordTable } from '../table-names.ts';
import type { EntityManager, Orm } from '../orm.ts';
import { isHolderRow, type Detection, type DetectedMapping, type SelectedRows } from '../detection/detection.ts';
import { newestTime, sourcesVersion } from '../detection/due-query.ts';
import { joinHolders, otherHolders, SHARED } from '../detection/unique-holders.ts';
import { findRows } from './find-rows.ts';
import { readRows } from './read-rows.ts';
import { confirmedForMs, RECORD_ENTITIES, type LoadedRecord } from './sync-record.ts';

export type AnyRow = EmsRows[EntityType];

/** Any row that a mapping reads. */
export type AnySourceRow = SourceRowTypes[keyof SourceRowTypes];

/** Both ends of a pair at one moment: the EMS row with what its mapping reads, and the record. */
export interface Pair {
  readonly key: EntityKey;
  /** Null if EMS has no such row. */
  readonly entity: AnyRow | null;
  readonly passesFilter: boolean;
  /**
   * False if the row, or one it reads, was changed within the settle time or has a future timestamp: another change may
   * have the same time.
   */
  readonly settled: boolean;
  readonly sourcesVersion: string | null;
  readonly sources: { readonly [name: string]: readonly AnySourceRow[] };
  readonly record: LoadedRecord | null;
  /** The row that owns the remote record shared by this one; null: this one, or nobody else. */
  readonly sharedWith: EntityKey | null;
  /** When EMS created the row, as PostgreSQL writes it; null if EMS does not keep it. */
  readonly createdOn: string | null;
  /** The key of fingerprints from before SYNC_KEY was required; null if EMS has no such row. */
  readonly installationKey: SecretKey | null;
}

interface Facts {
  readonly key: EntityKey;
  readonly passes: boolean;
  readonly settled: boolean;
  readonly sources_version: string | null;
  /** By rule, the other row that comes before this one with an equal unique value. */
  readonly holders: Readonly<Record<string, EntityKey | null>>;
  readonly created_on: string | null;
  readonly installation_key: string | null;
}

/** Loads many pairs in one snapshot, so that a time and its content always belong together. */
export async function loadPairs(orm: Orm, detection: Detection, keys: readonly EntityKey[]): Promise<Pair[]> {
  return orm.em.fork().transactional((em) => load(em, detection, keys), {
    isolationLevel: IsolationLevel.REPEATABLE_READ,
    readOnly: true,
  });
}

/** Pairs as the caller's transaction sees them, with what that has written. */
export function loadPairsWithin(
  em: EntityManager,
  detection: Detection,
  keys: readonly EntityKey[],
): Promise<readonly Pair[]> {
  // Not from its identity map, which may be outdated.
  return load(em.fork({ keepTransactionContext: true }), detection, keys);
}

/** The same for one pair. */
export async function loadPairWithin(em: EntityManager, detection: Detection, key: EntityKey): Promise<Pair> {
  const [pair] = await loadPairsWithin(em, detection, [key]);
  if (pair === undefined) throw new RangeError(`${detection.mapping.type}/${key} was not loaded`);
  return pair;
}

async function load(em: EntityManager, detection: Detection, keys: readonly EntityKey[]): Promise<Pair[]> {
  const { process, mapping } = detection;
  const facts = byKey(await loadFacts(em, detection, keys), ({ key }) => key);
  const entities = byKey(await findRows(em, mapping.type, keys), idOf);
  const records = byKey(await findRecords(em, process, mapping.type, keys), ({ entityKey }) => entityKey ?? '');
  const sources = await loadSources(em, mapping, keys, (key) => facts.get(key)?.holders ?? {});
  return keys.map((key) => ({
    key,
    entity: entities.get(key) ?? null,
    passesFilter: facts.get(key)?.passes ?? false,
    settled: facts.get(key)?.settled ?? true,
    sourcesVersion: facts.get(key)?.sources_version ?? null,
    sources: sources(key),
    record: records.get(key) ?? null,
    sharedWith: facts.get(key)?.holders[SHARED] ?? null,
    createdOn: facts.get(key)?.created_on ?? null,
    installationKey: keyIn(facts.get(key)?.installation_key),
  }));
}

/** The same for one pair; a key unknown to EMS and to us gives a pair of nulls. */
export async function loadPair(orm: Orm, detection: Detection, key: EntityKey): Promise<Pair> {
  const [pair] = await loadPairs(orm, detection, [key]);
  if (pair === undefined) throw new RangeError(`${detection.mapping.type}/${key} was not loaded`);
  return pair;
}

/** A row and the target's last known state of it, without what the mapping reads beside. */
export interface Ends {
  readonly entity: AnyRow | null;
  readonly base: Base | null;
}

export async function loadEnds(orm: Orm, process: SyncProcessName, type: EntityType, key: EntityKey): Promise<Ends> {
  return (await loadEndsOf(orm.em.fork(), process, type, [key])).get(key) ?? { entity: null, base: null };
}

/** The same for many rows. */
export async function loadEndsOf(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, Ends>> {
  const entities = byKey(await findRows(em, type, keys), idOf);
  const bases = byKey(await findRecords(em, process, type, keys), ({ entityKey }) => entityKey ?? '');
  return new Map(keys.map((key) => [key, { entity: entities.get(key) ?? null, base: bases.get(key)?.base ?? null }]));
}

const findRecords = (em: EntityManager, process: SyncProcessName, type: EntityType, keys: readonly EntityKey[]) =>
  readRows<LoadedRecord>(em, RECORD_ENTITIES[type] as EntitySchema, {
    where: sql`sync_process = ${process} AND entity_key = ANY (${[...keys]}::bigint[])`,
    more: [sql`${confirmedForMs} AS "confirmedForMs"`],
  });

const keyIn = (text: string | null | undefined): SecretKey | null =>
  text == null ? null : new Uint8Array(Buffer.from(text, 'base64'));

const idOf = ({ id }: AnySourceRow) => id;

function byKey<T>(rows: readonly T[], key: (row: T) => EntityKey): Map<EntityKey, T> {
  return new Map(rows.map((row) => [key(row), row]));
}

async function loadFacts(em: EntityManager, detection: Detection, keys: readonly EntityKey[]): Promise<Facts[]> {
  const { mapping, settleMs } = detection;
  const { rows } = await sql<Facts>`
    SELECT e.id AS key, (${sql.raw(mapping.filter)}) IS TRUE AS passes, ${sourcesVersion(detection)} AS sources_version,
      ${otherHolders(detection)} AS holders, to_jsonb(e) ->> 'created_on' AS created_on,
      (SELECT encode(fingerprint_key, 'base64') FROM sync_installation) AS installation_key,
      ${newestTime(detection)} <= clock_timestamp() - ${settleMs} * interval '1 millisecond' AS settled
    FROM ${sql.raw(entityTable(mapping.type))} e ${joinHolders(detection, keys)}
    WHERE e.id = ANY (${keys}::bigint[])`.execute(em.getKysely());
  return rows;
}

interface SourceLink {
  readonly key: EntityKey;
  readonly source: EntityKey;
}

async function loadSources(
  em: EntityManager,
  mapping: DetectedMapping,
  keys: readonly EntityKey[],
  holders: (key: EntityKey) => Facts['holders'],
) {
  const bySource = new Map<string, Map<EntityKey, AnySourceRow[]>>();
  for (const [name, source] of Object.entries(mapping.sources)) {
    const { type } = source;
    const links: readonly SourceLink[] = isHolderRow(source)
      ? keys.flatMap((key) => {
          const holder = holders(key)[name] ?? null;
          return holder === null ? [] : [{ key, source: holder }];
        })
      : await findLinks(em, mapping, source, keys);
    const ids = [...new Set(links.map((link) => link.source))];
    const rows = byKey(await findRows(em, type, ids), idOf);
    const linked = Map.groupBy(links, ({ key }) => key);
    bySource.set(
      name,
      new Map([...linked].map(([key, own]) => [key, own.flatMap((link) => rows.get(link.source) ?? [])])),
    );
  }
  return (key: EntityKey) =>
    Object.fromEntries([...bySource].map(([name, rows]) => [name, rows.get(key) ?? []] as const));
}

async function findLinks(
  em: EntityManager,
  mapping: DetectedMapping,
  { type, where }: SelectedRows,
  keys: readonly EntityKey[],
): Promise<readonly SourceLink[]> {
  // OFFSET 0: for each row by itself. A condition on other rows would make PostgreSQL join those of all entities.
  const { rows } = await sql<SourceLink>`
    SELECT e.id AS key, s.id AS source
    FROM ${sql.raw(entityTable(mapping.type))} e
    CROSS JOIN LATERAL (SELECT s.id FROM ${sql.raw(entityTable(type))} s WHERE ${sql.raw(where)} OFFSET 0) s
    WHERE e.id = ANY (${keys}::bigint[]) ORDER BY e.id, s.id`.execute(em.getKysely());
  return rows;
}

/**
 * The rows that the target is known to have: `Person/4711` → its remote id, or that of the record it shares. Rows
 * parked because of a reused id are left out: their remote record belongs to the former row.
 */
export async function loadRemoteIds(
  orm: Orm,
  process: string,
  refs: readonly { readonly type: EntityType; readonly key: EntityKey }[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [type, ofType] of Map.groupBy(refs, (ref) => ref.type)) {
    const records = sql.raw(recordTable(type));
    const { rows } = await sql<{ key: EntityKey; remote_id: string }>`
      SELECT sr.entity_key AS key, coalesce(sr.remote_id, owner.remote_id) AS remote_id FROM ${records} sr
      LEFT JOIN ${records} owner ON sr.state = 'SHARED' AND owner.sync_process = sr.sync_process
        AND owner.entity_key = sr.shared_with
      WHERE sr.sync_process = ${process} AND coalesce(sr.remote_id, owner.remote_id) IS NOT NULL
        AND sr.reissued IS NULL AND owner.reissued IS NULL
        AND sr.entity_key = ANY (${ofType.map(({ key }) => key)}::bigint[])`.execute(orm.em.fork().getKysely());
    for (const row of rows) found.set(formatRef({ type, key: row.key }), row.remote_id);
  }
  return found;
}
