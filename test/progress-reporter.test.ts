import { describe, expect, jest, test } from '@jest/globals';
import ProgressReporter from './progress-reporter.ts';

const file = (name: string) => ({ path: `/project/test/${name}`, context: { config: { rootDir: '/project' } } });
const passed = { numPassingTests: 7, numFailingTests: 0, numPendingTests: 0 };

function reporterOf(files: number, remindMs?: number) {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  const reporter = new ProgressReporter({}, { write, ...(remindMs === undefined ? {} : { remindMs }) });
  reporter.onRunStart({ numTotalTestSuites: files });
  return { reporter, written };
}

describe('the progress of a test run', () => {
  test('is a line for each file that ends: which of how many, its seconds, its tests', () => {
    const { reporter, written } = reporterOf(2);
    for (const name of ['flows/a.test.ts', 'sync/b.test.ts']) reporter.onTestFileStart(file(name));
    reporter.onTestFileResult(file('sync/b.test.ts'), passed);
    reporter.onTestFileResult(file('flows/a.test.ts'), { ...passed, numPassingTests: 1, numPendingTests: 2 });
    reporter.onRunComplete();
    expect(written).toEqual([
      'file 1 of 2: sync/b.test.ts, 0 s, 7 passed\n',
      'file 2 of 2: flows/a.test.ts, 0 s, 1 passed, 2 skipped\n',
    ]);
  });

  test('shows a failure at once, and what the file wrote to the console', () => {
    const { reporter, written } = reporterOf(1);
    reporter.onTestFileResult(file('a.test.ts'), {
      ...passed,
      numFailingTests: 1,
      failureMessage: 'expected 1 to be 2',
      console: [{ type: 'log', message: 'hello', origin: 'at a.test.ts:3' }],
    });
    reporter.onRunComplete();
    const text = written.join('');
    expect(text).toMatch(/^file 1 of 1: a.test.ts, 0 s, 7 passed, 1 FAILED\n/);
    expect(text).toContain('console.log in a.test.ts: hello\nat a.test.ts:3\n');
    expect(text).toContain('expected 1 to be 2\n');
  });

  test('says so when a file cannot run at all', () => {
    const { reporter, written } = reporterOf(1);
    const failure = { numPassingTests: 0, numFailingTests: 0, numPendingTests: 0, failureMessage: 'SyntaxError' };
    reporter.onTestFileResult(file('a.test.ts'), { ...failure, testExecError: new SyntaxError('no') });
    reporter.onRunComplete();
    expect(written.join('')).toBe('file 1 of 1: a.test.ts, 0 s, FAILED: the file could not run\nSyntaxError\n');
  });

  test('names the files that are still running from time to time', () => {
    jest.useFakeTimers();
    try {
      const { reporter, written } = reporterOf(3, 60_000);
      reporter.onTestFileStart(file('flows/a.test.ts'));
      jest.advanceTimersByTime(120_000);
      expect(written).toEqual([
        '0 of 3 files have ended; running: flows/a.test.ts (60 s)\n',
        '0 of 3 files have ended; running: flows/a.test.ts (120 s)\n',
      ]);
      reporter.onRunComplete();
      jest.advanceTimersByTime(120_000);
      expect(written).toHaveLength(2);
    } finally {
      jest.useRealTimers();
    }
  });
});
