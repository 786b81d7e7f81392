import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import type { Detection } from './detection.ts';
import { deletedKeys } from './deletions.ts';
import { findDuePage, findGonePage, type PageRequest } from './find-page.ts';
import { entityKeys, recordKeys } from './keys-of-page.ts';
import { recentKeys } from './recent-keys.ts';

/** Which keys are compared: those that changed since a time, or all. */
export interface Scan {
  /** Left out: all keys. */
  readonly since?: string;
  /** With `since`: all keys that have changed, in order, where they are known already. Left out: they are looked for. */
  readonly recent?: readonly EntityKey[];
  /** Deletions that left no other trace are looked for as well: the key of every record is compared with EMS's. */
  readonly deletions?: boolean;
}

export interface ScanRequest extends PageRequest, Scan {
  /** A scan that has found too little in this time, in milliseconds, returns how far it got. Left out: five seconds. */
  readonly forMs?: number;
}

export interface ScannedPage {
  readonly keys: readonly EntityKey[];
  /** The key to go on after, which need not be due; null: everything has been compared. */
  readonly next: EntityKey | null;
}

/** Keys compared by one statement. */
const AT_ONCE = 5_000;

/** A scan that has found nothing in this time returns how far it got, so that the next activity goes on there. */
const SCAN_MS = 5_000;

type Em = EntityManager;

/** The next keys to compare, due or not. */
export async function dueCandidates(
  em: Em,
  detection: Detection,
  { since, recent, ...page }: ScanRequest,
): Promise<readonly EntityKey[]> {
  if (since === undefined) return entityKeys(em, detection.mapping.type, page);
  return recent === undefined ? recentKeys(em, detection, since, page) : keysWithin(recent, page);
}

function keysWithin(keys: readonly EntityKey[], { after, upTo = null, limit }: PageRequest): readonly EntityKey[] {
  const isWithin = (key: EntityKey) =>
    (after === null || BigInt(key) > BigInt(after)) && (upTo === null || BigInt(key) <= BigInt(upTo));
  return keys.filter(isWithin).slice(0, limit);
}

/** The next keys whose records may have to leave, gone or not. */
export async function goneCandidates(
  em: Em,
  detection: Detection,
  { deletions = false, ...page }: ScanRequest,
): Promise<readonly EntityKey[]> {
  if (page.since === undefined) return recordKeys(em, detection, page);
  const recent = await dueCandidates(em, detection, page);
  const orphans = await orphanKeys(em, detection, page);
  const deleted = deletions ? await deletedKeys(em, detection, page) : [];
  const all = [...new Set([...recent, ...orphans, ...deleted])].toSorted((one, other) =>
    Number(BigInt(one) - BigInt(other)),
  );
  return all.slice(0, page.limit);
}

/** The next due keys. */
export const scanDue = (em: Em, detection: Detection, page: ScanRequest): Promise<ScannedPage> =>
  scan(
    page,
    (part) => dueCandidates(em, detection, part),
    (part) => findDuePage(em, detection, part),
  );

/** The next keys that must leave the target. */
export const scanGone = (em: Em, detection: Detection, page: ScanRequest): Promise<ScannedPage> =>
  scan(
    page,
    (part) => goneCandidates(em, detection, part),
    (part) => findGonePage(em, detection, part),
  );

async function scan(
  { forMs = SCAN_MS, ...page }: ScanRequest,
  candidates: (page: ScanRequest) => Promise<readonly EntityKey[]>,
  find: (page: PageRequest) => Promise<readonly EntityKey[]>,
): Promise<ScannedPage> {
  const started = performance.now();
  const found: EntityKey[] = [];
  let { after } = page;
  for (;;) {
    const keys = await candidates({ ...page, after, limit: AT_ONCE });
    const limit = page.limit - found.length;
    const some = keys.length === 0 ? [] : await find({ ...page, after: null, upTo: null, keys, limit });
    found.push(...some);
    if (some.length === limit) return { keys: found, next: some.at(-1) ?? null };
    after = keys.at(-1) ?? null;
    if (keys.length < AT_ONCE) return { keys: found, next: null };
    if (performance.now() - started > forMs) return { keys: found, next: after };
  }
}

/** Records whose row a sweep has found deleted, and that are still there. */
async function orphanKeys(em: Em, { process, mapping }: Detection, page: PageRequest): Promise<EntityKey[]> {
  const { after, upTo = null, limit } = page;
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key FROM ${sql.raw(recordTable(mapping.type))} sr
    WHERE sr.entity_id IS NULL AND sr.entity_key IS NOT NULL AND sr.sync_process = ${process}
      AND NOT (sr.state = 'REMOVED' AND sr.remote_id IS NOT NULL)
      AND ${after === null ? sql`true` : sql`sr.entity_key > ${after}::bigint`}
      AND ${upTo === null ? sql`true` : sql`sr.entity_key <= ${upTo}::bigint`}
    ORDER BY sr.entity_key LIMIT ${limit}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}
