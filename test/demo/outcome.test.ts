import { describe, expect, test } from '@jest/globals';
import type { Status, TypeStatus } from '../../clients/status.ts';
import { statusLines, statusTable } from '../../demo/display.ts';
import { everythingInStep } from '../../demo/greeting.ts';
import { outcomeLine } from '../../demo/outcome.ts';

const type = (counts: Partial<TypeStatus>): TypeStatus => ({
  total: 0,
  inSync: 0,
  due: 0,
  waiting: 0,
  failing: 0,
  parked: 0,
  suppressed: 0,
  refusedElsewhere: 0,
  linked: 0,
  unlinked: 0,
  orphans: 0,
  oldestDueSeconds: null,
  comparedSeconds: null,
  ...counts,
});

const status: Status = {
  inStep: true,
  parked: 1,
  unlinked: 0,
  held: [],
  processes: { TAGSERVER: { Person: type({ total: 12, inSync: 11, parked: 1 }), Tag: type({ total: 3, inSync: 3 }) } },
};

describe('the last line of a demo with --once', () => {
  test('is the object of "ems-sync status --json" with the seconds that it took', () => {
    expect(JSON.parse(outcomeLine(status, true, 12_345))).toEqual({ ...status, seconds: 12.3 });
  });

  test('is one line', () => {
    expect(outcomeLine(status, true, 1)).not.toContain('\n');
  });

  test('is not in step if our records say so and the content says otherwise', () => {
    expect(JSON.parse(outcomeLine(status, false, 1_000))).toMatchObject({ inStep: false, seconds: 1 });
  });

  test('is not in step if nothing was ever read', () => {
    expect(JSON.parse(outcomeLine(null, true, 1_000))).toEqual({
      inStep: false,
      parked: 0,
      unlinked: 0,
      held: [],
      processes: {},
      seconds: 1,
    });
  });
});

describe('the sentence that says that everything is in step', () => {
  test('says what is parked', () => {
    expect(everythingInStep(status, '9 s')).toBe('Everything is in step, 1 parked, 9 s after the sweeps began.');
    expect(everythingInStep({ ...status, parked: 0 }, '9 s')).toBe(
      'Everything is in step, 9 s after the sweeps began.',
    );
  });
});

describe('progress of a demo', () => {
  test('is one line for each process where it cannot be refreshed', () => {
    expect(statusLines(status)).toEqual(['TAGSERVER: 14 of 15 in sync, 0 due, 0 waiting, 0 failing, 1 parked']);
  });

  test('is a table of every type on a terminal', () => {
    const lines = statusTable(status).split('\n');
    expect(lines.find((line) => line.includes('Person'))).toMatch(
      /TAGSERVER\s+│ Person\s+│\s+12 │\s+11 │\s+0 │\s+0 │\s+0 │\s+1 │/,
    );
    expect(lines.some((line) => line.includes('Tag '))).toBe(true);
  });
});
