import type pg from 'pg';

import { sample } from '../rng.ts';
import type { Rng } from '../rng.ts';
import type { RowName, TableName } from '../rows.ts';

/** The context of a change: a connection inside a transaction, and the source of random choices. */
export interface Stage {
  readonly client: pg.ClientBase;
  readonly rng: Rng;
  /** Keeps the transaction open for the duration of a late commit. */
  readonly linger: () => Promise<void>;
}

/** Makes one change and returns the rows that it wrote or deleted; empty if there was nothing to change. */
export type Step = (stage: Stage) => Promise<RowName[]>;

export const named = (table: TableName, ids: readonly number[]): RowName[] => ids.map((id) => ({ table, id }));

/** The ids that a query of one column `id` returns. */
export async function findIds({ client }: Stage, sql: string, values: readonly unknown[] = []): Promise<number[]> {
  const { rows } = await client.query<{ id: string }>(sql, [...values]);
  return rows.map(({ id }) => Number(id));
}

/**
 * Takes `count` of the rows that a query of `id` finds (the query must be ordered) and locks them until the transaction
 * ends. Returns an empty list if there are too few, or if one is gone or locked by another transaction.
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

/** Swaps a column's values between two rows, setting NULL in between so that no unique index sees a duplicate. */
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
