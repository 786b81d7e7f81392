import { sql } from 'kysely';
import type { Orm } from '../../database/orm.ts';
import { entityTable, recordTable } from '../../database/table-names.ts';
import type { Content } from '../../sync/content-hash.ts';
import { formatRef, type EntityKey, type EntityRef, type EntityType } from '../../sync/entity-type.ts';
import { isChild } from '../children.ts';
import type { TypeContext } from '../context.ts';

/** Records read from the target, for each type. */
const MOST_READ = 500;

const AT_TARGET = sql`r.remote_id IS NOT NULL AND r.state NOT IN ('REMOVED', 'SHARED', 'UNLINKED', 'ERASED')`;

interface AtTarget {
  readonly key: EntityKey;
  readonly remoteId: string;
}

/** What one dry run knows of the target. */
interface Known {
  /** Records that were read, by `Tag/remote id`. */
  readonly held: Map<string, Promise<Content | null>>;
  /** What is left of rows that would be made to release values, by `Tag/EMS id`; null: nothing. */
  readonly released: Map<string, Content | null>;
}

const known = new WeakMap<Orm, Known>();

function knownOf(orm: Orm): Known {
  const one = known.get(orm) ?? { held: new Map(), released: new Map() };
  known.set(orm, one);
  return one;
}

/** The dry run's sweep would have made this row release values. */
export function noteReleased(orm: Orm, ref: EntityRef, left: Content | null): void {
  knownOf(orm).released.set(formatRef(ref), left);
}

/**
 * For each of these rows that something at the target refers to: one of those that do, and that stay there, for example
 * because the brake holds their removal back. The target will not delete the row before.
 */
export async function keptBy(
  context: TypeContext,
  keys: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, EntityRef>> {
  const kept = new Map<EntityKey, EntityRef>();
  const { process, remote, type } = context;
  const { refersTo } = remote;
  if (refersTo === undefined || keys.length === 0) return kept;
  const own = process.mappings.findIndex((mapping) => mapping.type === type);
  // Only later ones may refer to this type; some by way of another row (a chip names the event of its wearer).
  for (const mapping of process.mappings.slice(own + 1).toReversed()) {
    if (isChild(mapping)) continue;
    if (mapping.referencedTypes.includes(type)) {
      for (const { of, key } of await currentReferences(context, mapping.type, keys))
        kept.set(of, { type: mapping.type, key });
    }
    for (const row of await othersAtTarget(context, mapping.type)) {
      const held = await heldContent(context, mapping.type, row);
      if (held === null) continue;
      for (const key of keys) if (refersTo(held, { type, key })) kept.set(key, { type: mapping.type, key: row.key });
    }
  }
  return kept;
}

/** Rows of which the target holds what EMS has. */
async function currentReferences(
  { orm, process, type: referenced }: TypeContext,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<readonly { readonly of: EntityKey; readonly key: EntityKey }[]> {
  const column = sql`e.${sql.id(`${entityTable(referenced)}_id`)}`;
  const { rows } = await sql<{ of: EntityKey; key: EntityKey }>`
    SELECT ${column} AS of, min(e.id) AS key FROM ${sql.raw(entityTable(type))} e
    JOIN ${sql.raw(recordTable(type))} r ON r.sync_process = ${process.name} AND r.entity_key = e.id
    WHERE ${column} = ANY (${keys}::bigint[]) AND r.state = 'IN_SYNC' AND ${AT_TARGET} GROUP BY 1`.execute(
    orm.em.fork().getKysely(),
  );
  return rows;
}

/** Rows of which the target may hold something else than EMS, or that EMS has deleted. */
async function othersAtTarget({ orm, process }: TypeContext, type: EntityType): Promise<readonly AtTarget[]> {
  const { rows } = await sql<AtTarget>`
    SELECT r.entity_key AS key, r.remote_id AS "remoteId" FROM ${sql.raw(recordTable(type))} r
    WHERE r.sync_process = ${process.name} AND r.entity_key IS NOT NULL AND ${AT_TARGET}
      AND (r.state <> 'IN_SYNC' OR NOT EXISTS (SELECT FROM ${sql.raw(entityTable(type))} e WHERE e.id = r.entity_key))
    ORDER BY r.entity_key LIMIT ${MOST_READ}`.execute(orm.em.fork().getKysely());
  return rows;
}

async function heldContent(
  { orm, remote }: TypeContext,
  type: EntityType,
  { key, remoteId }: AtTarget,
): Promise<Content | null> {
  const { held, released } = knownOf(orm);
  const left = released.get(formatRef({ type, key }));
  if (left !== undefined) return left;
  const name = `${type}/${remoteId}`;
  const asked = held.get(name) ?? contentOf(remote.held?.read({ type, key, remoteId, content: {} }));
  held.set(name, asked);
  return asked;
}

const contentOf = async (reading: Promise<{ readonly content: Content } | null> | undefined): Promise<Content | null> =>
  (await reading)?.content ?? null;
