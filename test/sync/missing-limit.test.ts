import { expect, test } from '@jest/globals';
import { isTooMany } from '../../sync/missing-limit.ts';

const limit = { count: 10, share: 5 };

test.each([
  [0, 0, false],
  [1, 1, false],
  [1, 500, false],
  [3, 3, true],
  [2, 3, true],
  [10, 100, false],
  [11, 100, true],
  [50, 1_000, false],
  [51, 1_000, true],
])('%d of %d missing at once: held is %s', (missing, linked, held) => {
  expect(isTooMany(missing, linked, limit)).toBe(held);
});
