import { join } from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The line that CI reads. */
export function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * Flow tests spend about half their time waiting for back-offs and time limits: three at once leave a fifth of two cores
 * idle. All tests hold with four at once, which saves some minutes; three leave a slower machine some room.
 */
const FILES_AT_ONCE = 3;

/** Node's arguments for running jest; `extra` are the user's own: `npm test -- test/sync`. */
export function jestArguments(modules: string, resultsFile: string, extra: readonly string[]): string[] {
  const setsWorkers = extra.some((arg) => /^(--maxWorkers|-w|--runInBand|-i$)/.test(arg));
  return [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(modules, 'jest', 'bin', 'jest.js'),
    ...(setsWorkers ? [] : [`--maxWorkers=${FILES_AT_ONCE}`]),
    '--json',
    `--outputFile=${resultsFile}`,
    ...extra,
  ];
}

/**
 * The counts in jest's result file. A suite that could not run, a crash without results, and an exit code that says
 * "failed" although every test passed, each count as at least one failure.
 */
export function jestCounts(resultFile: string | undefined, exitCode: number): Counts {
  const result = parse(resultFile);
  const passed = result['numPassedTests'] ?? 0;
  const failed = (result['numFailedTests'] ?? 0) + (result['numRuntimeErrorTestSuites'] ?? 0);
  const skipped = (result['numPendingTests'] ?? 0) + (result['numTodoTests'] ?? 0);
  const unexplained = failed === 0 && (exitCode !== 0 || resultFile === undefined || passed === 0);
  return { passed, failed: unexplained ? 1 : failed, skipped };
}

function parse(resultFile: string | undefined): Record<string, number> {
  try {
    return JSON.parse(resultFile ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}
