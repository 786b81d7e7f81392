import type { SeededRandom } from '../kit/random.ts';

/** The rows of a page, counted from 1. An invalid page number means the first page; a page beyond the end is empty. */
export const pageOf = <Row>(rows: readonly Row[], page: string | undefined, size: number): Row[] => {
  const number = Math.max(1, Math.trunc(Number(page)) || 1);
  return rows.slice((number - 1) * size, number * size);
};

/** Random order, as a database may return rows for a query without ORDER BY. */
export function shuffled<Row>(rows: readonly Row[], random: SeededRandom): Row[] {
  const cards = [...rows];
  for (let last = cards.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random.next() * (last + 1));
    [cards[last], cards[chosen]] = [cards[chosen] as Row, cards[last] as Row];
  }
  return cards;
}
