import { expect, test } from '@jest/globals';
import { isMass, leastHeld } from '../../sync/brake-limit.ts';

const limits = { delete: { count: 100, share: 10 }, update: { count: 1_000, share: 30 } };

test.each([
  ['delete', 100, 500, false],
  ['delete', 101, 500, true],
  ['delete', 101, 1_010, false],
  ['delete', 102, 1_010, true],
  ['delete', 9, 9, false],
  ['delete', 10, 10, true],
  ['delete', 10, 11, false],
  // Ordinary deletions of a large table, and what a typo in a filter would take.
  ['delete', 500, 6_000, false],
  ['delete', 2_400, 6_000, true],
  ['update', 1_000, 1_000, false],
  ['update', 1_001, 1_001, true],
  ['update', 1_001, 10_000, false],
] as const)('%s of %d rows, %d at the target: held is %s', (kind, rows, linked, held) => {
  expect(isMass(rows, { kind, linked }, limits)).toBe(held);
});

test.each(['delete', 'update'] as const)(
  'nothing below the least number of %s is held, however few rows there are',
  (kind) => {
    for (let linked = 0; linked < 50; linked += 1)
      expect(isMass(leastHeld(kind, limits) - 1, { kind, linked }, limits)).toBe(false);
  },
);
