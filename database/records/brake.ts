import { sql, type RawBuilder } from 'kysely';
import type { BrakeKind } from '../../sync/brake-limit.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { Detection } from '../detection/detection.ts';
import { dueRows, goneRows } from '../detection/due-query.ts';
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

/** Keys that the target has, and that a sweep would remove (`delete`) or may change (`update`). */
function candidates(detection: Detection, kind: BrakeKind): RawBuilder<{ key: EntityKey }> {
  const { process, mapping } = detection;
  const rows = kind === 'delete' ? goneRows(detection) : dueRows(detection);
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
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::integer AS count FROM (SELECT FROM (${candidates(detection, kind)}) found LIMIT ${count}) counted`.execute(
    em.getKysely(),
  );
  return (rows[0]?.count ?? 0) >= count;
}

export async function countFound(em: EntityManager, detection: Detection, kind: BrakeKind): Promise<Found> {
  const { process, mapping } = detection;
  const { rows } = await sql<Found>`
    SELECT count(*)::integer AS count, count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM sync_missing m
        JOIN sync_hold h USING (sync_process, entity_type)
        WHERE m.sync_process = ${process} AND m.entity_type = ${mapping.type} AND m.scope = ${scopeOf(kind)}
          AND h.kind = ${kind} AND h.approved_on IS NOT NULL AND m.entity_key = found.key))::integer AS "notApproved"
    FROM (${candidates(detection, kind)}) found`.execute(em.getKysely());
  return rows[0] ?? { count: 0, notApproved: 0 };
}

/** Some of them, spread over the table. */
export async function sampleOf(
  em: EntityManager,
  detection: Detection,
  { kind, size }: { readonly kind: BrakeKind; readonly size: number },
): Promise<readonly EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT found.key FROM (${candidates(detection, kind)}) found ORDER BY hashint8(found.key) LIMIT ${size}`.execute(
    em.getKysely(),
  );
  return rows.map(({ key }) => key);
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
  await sql`
    INSERT INTO sync_missing (sync_process, entity_type, scope, entity_key)
    SELECT ${process}, ${type}, ${scopeOf(kind)}, found.key FROM (${candidates(detection, kind)}) found`.execute(
    kysely,
  );
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
