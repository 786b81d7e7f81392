import { sql, type RawBuilder } from 'kysely';
import { canonicalText } from '../../sync/canonical-form.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { SyncState } from '../../sync/sync-state.ts';
import { columnValues } from '../column-names.ts';
import type { Detection } from '../detection/due-query.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

/** Columns and the values they must have, by the property's name. */
export type Criterion = Readonly<Record<string, string | Temporal.PlainDate | null>>;

/** A row that agrees with a criterion, and how it stands at the target. */
export interface Candidate {
  readonly key: EntityKey;
  readonly state: SyncState | null;
  readonly remoteId: string | null;
  /** Shares one remote record with every other candidate. */
  readonly sharesWithAll: boolean;
}

/** Reading more candidates does not help to tell them apart. */
const CANDIDATES = 6;

/**
 * The rows that agree with a criterion: text trimmed, in NFC and without regard to case. None for a criterion with an empty
 * value: two people without an e-mail are not one.
 *
 * @param references columns that must agree exactly, for example the event that a race belongs to.
 */
export async function matchRows(
  em: EntityManager,
  { process, mapping }: Detection,
  criterion: Criterion,
  references: Readonly<Record<string, unknown>>,
): Promise<Candidate[]> {
  const conditions: RawBuilder<unknown>[] = [];
  for (const [property, value] of Object.entries(criterion)) {
    const text = value instanceof Temporal.PlainDate ? value.toString() : canonicalText(value);
    if (text === null) return [];
    const [column] = columnValues(mapping.type, { [property]: text }).map(({ column: name }) => sql.id(name));
    conditions.push(
      value instanceof Temporal.PlainDate
        ? sql`e.${column} = ${text}::date`
        : sql`lower(btrim(e.${column})) = lower(${text})`,
    );
  }
  if (conditions.length === 0) return [];
  for (const { column, value } of columnValues(mapping.type, references)) {
    conditions.push(sql`e.${sql.id(column)} = ${value}`);
  }
  const table = sql.raw(entityTable(mapping.type));
  const matching = sql`SELECT e.* FROM ${table} e WHERE ${sql.join(conditions, sql` AND `)}`;
  const shares = mapping.sharing == null ? sql`false` : sql.raw(mapping.sharing.where);
  const order = mapping.sharing == null ? sql`s.id` : sql`${sql.raw(mapping.sharing.order)}, s.id`;
  const { rows } = await sql<Candidate>`
    WITH found AS (${matching})
    SELECT s.id AS key, r.state, r.remote_id AS "remoteId",
      NOT EXISTS (SELECT FROM found e WHERE e.id <> s.id AND NOT (${shares})) AS "sharesWithAll"
    FROM found s
    LEFT JOIN ${sql.raw(recordTable(mapping.type))} r ON r.sync_process = ${process} AND r.entity_key = s.id
    ORDER BY ${order} LIMIT ${CANDIDATES}`.execute(em.getKysely());
  return rows;
}
