import { describe, expect, test } from '@jest/globals';
import { surefireCounts } from './surefire-counts.ts';

const report = (attributes: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="ATest" time="1.2" ${attributes}>\n<testcase name="a"/>\n</testsuite>\n`;

describe('the counts of a Maven run', () => {
  test('are those of all reports, errors counted as failures, skipped ones apart', () => {
    const reports = [
      report('tests="7" errors="1" skipped="2" failures="1"'),
      report('tests="3" errors="0" skipped="0" failures="0"'),
    ];
    expect(surefireCounts(reports, 1)).toEqual({ passed: 6, failed: 2, skipped: 2 });
  });

  test.each([
    ['it did not compile', [], 1],
    ['no test ran', [report('tests="0" errors="0" skipped="0" failures="0"')], 0],
    ['every test passed, yet Maven says failed', [report('tests="2" errors="0" skipped="0" failures="0"')], 1],
    ['a report is cut short', [report('tests="2" errors="0" skipped="0" failures="0"').slice(0, 90)], 0],
  ])('are never all green when %s', (_case, reports, code) => {
    expect(surefireCounts(reports, code).failed).toBe(1);
  });
});
