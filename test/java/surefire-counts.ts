import type { Counts } from '../counts.ts';

/**
 * The counts in the XML reports of Maven's Surefire, one for each test class. A build that failed before or without a
 * failed test, and a run without tests, each count as a failure.
 */
export function surefireCounts(reports: readonly string[], exitCode: number): Counts {
  const each = reports.map(countsOf);
  const sum = (of: (counts: Counts) => number): number => each.reduce((total, counts) => total + of(counts), 0);
  const passed = sum((counts) => counts.passed);
  const failed = sum((counts) => counts.failed);
  const unexplained = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: unexplained ? 1 : failed, skipped: sum((counts) => counts.skipped) };
}

/** A truncated report counts as a failure. */
function countsOf(report: string): Counts {
  const [suite] = /<testsuite\b[^>]*>/.exec(report) ?? [];
  if (suite === undefined || !report.includes('</testsuite>')) return { passed: 0, failed: 1, skipped: 0 };
  const count = (name: string): number => Number(new RegExp(`\\s${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count('errors') + count('failures');
  const skipped = count('skipped');
  return { passed: count('tests') - failed - skipped, failed, skipped };
}
