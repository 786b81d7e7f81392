import { describe, expect, test } from '@jest/globals';
import { jestArguments, jestCounts, summary } from './counts.ts';

const results = (counts: Record<string, number>): string => JSON.stringify(counts);

describe('the counts of a test run', () => {
  test('are those of jest, skipped ones apart', () => {
    const file = results({ numPassedTests: 12, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 });
    expect(jestCounts(file, 1)).toEqual({ passed: 12, failed: 2, skipped: 2 });
  });

  test('count a suite that could not run as a failure', () => {
    expect(jestCounts(results({ numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 1 }), 1).failed).toBe(
      1,
    );
  });

  test.each([
    ['jest crashed and left no results', undefined, 134],
    ['the result file is cut short', '{"numPassedTests": 3', 0],
    ['every test passed, yet jest says failed', results({ numPassedTests: 3, numFailedTests: 0 }), 1],
    ['no test ran', results({ numPassedTests: 0, numFailedTests: 0 }), 0],
  ])('are never all green when %s', (_case, file, code) => {
    expect(jestCounts(file, code).failed).toBe(1);
  });

  test('end in one line that CI reads', () => {
    expect(summary({ passed: 5, failed: 0, skipped: 0 })).toBe('5 passed, 0 failed');
    expect(summary({ passed: 5, failed: 1, skipped: 2 })).toBe('5 passed, 1 failed, 2 skipped');
  });
});

test('three files run at once unless the person says otherwise', () => {
  expect(jestArguments('m', 'r', ['test/sync'])).toEqual(expect.arrayContaining(['--maxWorkers=3', 'test/sync']));
  expect(jestArguments('m', 'r', ['--runInBand'])).not.toContain('--maxWorkers=3');
});
