import type { ClientBase, QueryResultRow } from 'pg';

import { tableOrder } from '../../simulators/ems/index.ts';

export async function readRows<T extends QueryResultRow>(
  client: ClientBase,
  sql: string,
  values: unknown[] = [],
): Promise<T[]> {
  return (await client.query<T>(sql, values)).rows;
}

export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Every row by `table/id`, to see what a change did. */
export async function snapshot(client: ClientBase): Promise<Map<string, Record<string, unknown>>> {
  const all = new Map<string, Record<string, unknown>>();
  for (const table of tableOrder) {
    // As JSON, because a `Date` would drop the microseconds.
    const rows = await readRows<{ id: string; row: Record<string, unknown> }>(
      client,
      `SELECT id, to_jsonb(t) AS row FROM ${table} t ORDER BY id`,
    );
    for (const { id, row } of rows) all.set(`${table}/${id}`, row);
  }
  return all;
}

/** A row's columns in a fixed order, with its times in one notation. */
export function comparable(row: object): unknown[] {
  return Object.entries(row)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([column, value]) => {
      const isTime = typeof value === 'string' && column.endsWith('_on');
      return [column, isTime ? Temporal.Instant.from(value).toString() : value];
    });
}
