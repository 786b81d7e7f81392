import { invalidFields } from './problem.ts';

type Query = Readonly<Record<string, string | undefined>>;

const DEFAULT_COUNT = 10;
const MAX_COUNT = 1_000;

/** Applies `count` (default 10, at most 1000) and `offset`. Throws Problem 400 for invalid values. */
export function pageOf<Row>(rows: readonly Row[], query: Query): readonly Row[] {
  const count = numberOf(query, 'count', DEFAULT_COUNT);
  const offset = numberOf(query, 'offset', 0);
  if (count > MAX_COUNT) {
    throw invalidFields([{ field: 'count', message: `Please choose a count of at most ${MAX_COUNT}` }]);
  }
  return rows.slice(offset, offset + count);
}

function numberOf(query: Query, name: string, otherwise: number): number {
  const text = query[name];
  if (text === undefined || text === '') return otherwise;
  if (!/^\d+$/.test(text))
    throw invalidFields([{ field: name, message: 'Schema describes integer, string found instead' }]);
  return Number(text);
}
