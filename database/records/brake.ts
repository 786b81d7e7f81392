import { sql, type RawBuilder } from 'kysely';
import type { BrakeKind } from '../../sync/brake-limit.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { Detection } from '../detection/detection.ts';
import { dueRows, goneRows } from '../detection/due-query.ts';
import { entityKeys, recordKeys } from '../detection/keys-of-page.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import { holdColumns, EXAMPLES, type Hold } from './missing.ts';

/** Rows that a sweep would remove or change, all of a type together. */
export interface Found {
  readonly count: number;
  /** Those that an approval does not cover. */
  readonly notApproved: number;
}

/** The scope under which `sync_missing` keeps the held keys: an approval covers these. */
const scopeOf = (kind: BrakeKind) => `brake:${kind}`;

/** Keys compared by one statement: one over a large table would outlive its activity. */
const AT_ONCE = 5_000;

/**
 * Calls `look` with the candidates of one part of the table after another, until it returns true: the keys that the
 * target has, and that a sweep would remove (`delete`) or may change (`update`).
 */
async function inParts(
  em: EntityManager,
  { detection, kind }: Counted,
  look: (candidates: RawBuilder<{ key: EntityKey }>) => Promise<boolean>,
): Promise<void> {
  const { type } = detection.mapping;
  const keysAfter = (after: EntityKey | null): Promise<EntityKey[]> =>
    kind === 'delete'
      ? recordKeys(em, detection, { after, limit: AT_ONCE })
      : entityKeys(em, type, { after, limit: AT_ONCE });
  let keys = await keysAfter(null);
  while (keys.length > 0) {
    if (await look(candidates(detection, kind, keys))) return;
    keys = keys.length < AT_ONCE ? [] : await keysAfter(keys.at(-1) ?? null);
  }
}

interface Counted {
  readonly detection: Detection;
  readonly kind: BrakeKind;
}

function candidates(detection: Detection, kind: BrakeKind, keys: readonly EntityKey[]): RawBuilder<{ key: EntityKey }> {
  const { process, mapping } = detection;
  const rows = kind === 'delete' ? goneRows(detection, keys) : dueRows(detection, { keys });
  const isKnown =
    kind === 'delete'
      ? sql`r.remote_id IS NOT NULL AND r.state NOT IN ('REMOVED', 'SHARED', 'UNLINKED', 'ERASED')`
      : sql`r.state = 'IN_SYNC' AND page.age <> 'unsettled'`;
  return sql`
    SELECT page.key FROM (${rows}) page
    JOIN ${sql.raw(recordTable(mapping.type))} r ON r.sync_process = ${process} AND r.entity_key = page.key
    WHERE ${isKnown}`;
}

/** Whether there are at least so many, without counting further. */
export async function areAtLeast(
  em: EntityManager,
  detection: Detection,
  { kind, count }: { readonly kind: BrakeKind; readonly count: number },
): Promise<boolean> {
  let found = 0;
  await inParts(em, { detection, kind }, async (part) => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::integer AS count FROM (SELECT FROM (${part}) found LIMIT ${count - found}) counted`.execute(
      em.getKysely(),
    );
    found += rows[0]?.count ?? 0;
    return found >= count;
  });
  return found >= count;
}

export async function countFound(em: EntityManager, detection: Detection, kind: BrakeKind): Promise<Found> {
  const { process, mapping } = detection;
  let all: Found = { count: 0, notApproved: 0 };
  await inParts(em, { detection, kind }, async (part) => {
    const { rows } = await sql<Found>`
      SELECT count(*)::integer AS count, count(*) FILTER (WHERE NOT EXISTS (
          SELECT FROM sync_missing m
          JOIN sync_hold h USING (sync_process, entity_type)
          WHERE m.sync_process = ${process} AND m.entity_type = ${mapping.type} AND m.scope = ${scopeOf(kind)}
            AND h.kind = ${kind} AND h.approved_on IS NOT NULL AND m.entity_key = found.key))::integer AS "notApproved"
      FROM (${part}) found`.execute(em.getKysely());
    const { count = 0, notApproved = 0 } = rows[0] ?? {};
    all = { count: all.count + count, notApproved: all.notApproved + notApproved };
    return false;
  });
  return all;
}

/** Some of them, spread over the table. */
export async function sampleOf(
  em: EntityManager,
  detection: Detection,
  { kind, size }: { readonly kind: BrakeKind; readonly size: number },
): Promise<readonly EntityKey[]> {
  let sample: { readonly key: EntityKey; readonly hash: number }[] = [];
  await inParts(em, { detection, kind }, async (part) => {
    const { rows } = await sql<{ key: EntityKey; hash: number }>`
      SELECT found.key, hashint8(found.key) AS hash FROM (${part}) found ORDER BY hash LIMIT ${size}`.execute(
      em.getKysely(),
    );
    sample = [...sample, ...rows].toSorted((one, other) => one.hash - other.hash).slice(0, size);
    return false;
  });
  return sample.map(({ key }) => key);
}

/** Holds them back. The hold keeps its number while the same rows are held; otherwise it must be approved again. */
export async function holdFound(
  em: EntityManager,
  detection: Detection,
  { kind, linked }: { readonly kind: BrakeKind; readonly linked: number },
): Promise<Hold> {
  const { process, mapping } = detection;
  const { type } = mapping;
  const kysely = em.getKysely();
  const ofKind = sql`sync_process = ${process} AND entity_type = ${type}`;
  await sql`DELETE FROM sync_missing WHERE ${ofKind} AND scope = ${scopeOf(kind)}`.execute(kysely);
  await inParts(em, { detection, kind }, async (part) => {
    await sql`
      INSERT INTO sync_missing (sync_process, entity_type, scope, entity_key)
      SELECT ${process}, ${type}, ${scopeOf(kind)}, found.key FROM (${part}) found`.execute(kysely);
    return false;
  });
  const found = sql`
    SELECT count(*)::integer AS held, md5(coalesce(string_agg(entity_key::text, ',' ORDER BY entity_key), '')) AS hash,
      coalesce((array_agg(entity_key ORDER BY entity_key))[1:${sql.lit(EXAMPLES)}], '{}') AS examples
    FROM sync_missing WHERE ${ofKind} AND scope = ${scopeOf(kind)}`;
  await sql`
    DELETE FROM sync_hold WHERE ${ofKind} AND kind = ${kind} AND held_hash <> (SELECT hash FROM (${found}) now)`.execute(
    kysely,
  );
  const { rows } = await sql<Hold>`
    INSERT INTO sync_hold AS known (sync_process, entity_type, kind, held, linked, examples, held_hash)
    SELECT ${process}, ${type}, ${kind}, held, ${linked}, examples, hash FROM (${found}) now
    ON CONFLICT (sync_process, entity_type, kind) DO UPDATE SET linked = EXCLUDED.linked
    RETURNING ${holdColumns}`.execute(kysely);
  const [held] = rows;
  if (held === undefined) throw new Error('an INSERT that returns no row');
  return held;
}

/** The cause is gone, or what was approved is done. */
export async function endHeldSweep(em: EntityManager, { process, mapping }: Detection, kind: BrakeKind): Promise<void> {
  const kysely = em.getKysely();
  const { rows } = await sql`
    DELETE FROM sync_hold WHERE sync_process = ${process} AND entity_type = ${mapping.type} AND kind = ${kind} RETURNING id`.execute(
    kysely,
  );
  if (rows.length === 0) return;
  await sql`
    DELETE FROM sync_missing WHERE sync_process = ${process} AND entity_type = ${mapping.type} AND scope = ${scopeOf(kind)}`.execute(
    kysely,
  );
}
