import type pg from 'pg';

import { sample } from '../rng.ts';
import type { Rng } from '../rng.ts';
import type { RowName, TableName } from '../rows.ts';

/** What a change works with: a connection inside a transaction, and where its choices come from. */
export interface Stage {
  readonly client: pg.ClientBase;
  readonly rng: Rng;
  /** Keeps the transaction open for as long as a late commit takes. */
  readonly linger: () => Promise<void>;
}

/** Makes one change and names the rows that it wrote or deleted; none if there was nothing to change. */
export type Step = (stage: Stage) => Promise<RowName[]>;

export const named = (table: TableName, ids: readonly number[]): RowName[] => ids.map((id) => ({ table, id }));

/** The ids that a query of one column `id` finds. */
export async function findIds({ client }: Stage, sql: string, values: readonly unknown[] = []): Promise<number[]> {
  const { rows } = await client.query<{ id: string }>(sql, [...values]);
  return rows.map(({ id }) => Number(id));
}

/**
 * Takes `count` of the rows that a query of `id` finds (it must order them), and locks them until the transaction ends.
 * Empty if there are not as many, or if one is gone or in somebody else's hands.
 */
export async function lockSome(
  stage: Stage,
  table: TableName,
  count: number,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number[]> {
  const chosen = sample(stage.rng, await findIds(stage, sql, values), count);
  if (chosen.length < count) return [];
  const locked = await findIds(
    stage,
    `SELECT id FROM ${table} WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED`,
    [chosen],
  );
  return locked.length === count ? chosen : [];
}

/** Exchanges the values of a column between two rows, by way of NULL, so that no unique index sees a duplicate. */
export async function exchange(
  { client }: Stage,
  table: TableName,
  column: string,
  [one, other]: readonly [number, number],
): Promise<void> {
  const { rows } = await client.query<{ id: string; value: unknown }>(
    `SELECT id, ${column} AS value FROM ${table} WHERE id IN ($1, $2)`,
    [one, other],
  );
  const valueOf = (id: number): unknown => rows.find((row) => Number(row.id) === id)?.value;
  const set = `UPDATE ${table} SET ${column} = $2, modified_on = clock_timestamp() WHERE id = $1`;
  await client.query(set, [one, null]);
  await client.query(set, [other, valueOf(one)]);
  await client.query(set, [one, valueOf(other)]);
}
