import { describe, expect, test } from '@jest/globals';
import * as fc from '../seeded-fast-check.ts';
import {
  assertTotalsHold,
  copyTotals,
  describeTotals,
  emptyTotals,
  type TypeTotals,
} from '../../workflows/sweep-totals.ts';

const count = fc.nat({ max: 1_000 });

/** Counts of a sweep in which nothing was lost. */
const honest: fc.Arbitrary<TypeTotals> = fc
  .record({
    touched: count,
    busy: count,
    inSync: count,
    removed: count,
    shared: count,
    waiting: count,
    parked: count,
    suppressed: count,
    other: count,
    failed: count,
    leftRunning: count,
  })
  .map((counts) => {
    const { touched, busy, ...children } = counts;
    const started = Object.values(children).reduce((sum, value) => sum + value, 0);
    return { ...counts, started, due: touched + busy + started };
  });

describe('the counts of a sweep (pitfall 38)', () => {
  test('hold if every due row was touched, busy or started, and every child ended or was left running', () => {
    fc.assert(fc.property(honest, (totals) => expect(() => assertTotalsHold({ Person: totals })).not.toThrow()));
  });

  test.each(Object.keys(emptyTotals()) as (keyof TypeTotals)[])('turn the sweep red if %s lies', (counter) => {
    const lies = fc.oneof(
      fc.integer({ min: -1_000, max: 1_000 }).filter((by) => by !== 0),
      fc.constant(Number.NaN),
    );
    fc.assert(
      fc.property(honest, lies, (totals, by) => {
        const lying = { ...totals, [counter]: totals[counter] + by };
        expect(() => assertTotalsHold({ Event: emptyTotals(), Person: lying })).toThrow('counts of Person');
      }),
    );
  });

  test('are copied to go on counting in: the input of a workflow stays as it came', () => {
    const before = { Person: emptyTotals() };
    const copy = copyTotals(before);
    if (copy.Person !== undefined) copy.Person.due += 1;
    expect(copy).toEqual({ Person: { ...emptyTotals(), due: 1 } });
    expect(before).toEqual({ Person: emptyTotals() });
  });

  test('of an older release, which counted less, go on from nought', () => {
    const { suppressed: _, ...older } = emptyTotals();
    expect(copyTotals({ Person: older as TypeTotals })).toEqual({ Person: emptyTotals() });
  });
});

describe('the page of a sweep', () => {
  test('says so if nothing is due', () => {
    expect(describeTotals({})).toBe('Nothing is due.');
  });

  test('is a table with a line for each type, with as many cells as the heading has', () => {
    const totals = {
      ...emptyTotals(),
      due: 9,
      touched: 2,
      busy: 1,
      started: 6,
      inSync: 3,
      failed: 1,
      other: 1,
      leftRunning: 1,
    };
    const [heading, rule, ...lines] = describeTotals({ Event: emptyTotals(), Person: totals }).split('\n');
    expect(lines[1]).toBe('| Person | 9 | 2 | 3 | 0 | 0 | 0 | 0 | 0 | 2 | 1 | 1 |');
    for (const line of [rule, ...lines]) expect(line?.split('|')).toHaveLength(heading?.split('|').length ?? 0);
  });
});
