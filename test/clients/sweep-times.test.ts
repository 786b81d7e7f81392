import { describe, expect, test } from '@jest/globals';
import { startOffset, sweepTimes } from '../../clients/sweep-times.ts';
import { longestGapSeconds, parseCron } from '../../settings/cron-expression.ts';
import { DIRECTIONS, SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';

const times = (cron: string) => {
  const { fields, catchupWindowMs } = sweepTimes('TAGSERVER', 'outbound', cron);
  return [fields.join(' '), catchupWindowMs];
};
/** Pinned, because another offset after an upgrade would move every schedule. */
const offset = 15;

describe('the times of a sweep', () => {
  test('of every process and direction begin at a second of their own choosing, always the same', () => {
    const offsets = SYNC_PROCESS_NAMES.flatMap((process) =>
      DIRECTIONS.map((direction) => startOffset(process, direction)),
    );
    for (const one of offsets) expect(Number.isInteger(one) && one >= 0 && one < 60).toBe(true);
    expect(new Set(offsets).size).toBeGreaterThan(6);
    expect(startOffset('TAGSERVER', 'outbound')).toBe(offset);
  });

  test.each([
    ['* * * * *', `${offset} * * * * * *`, 60_000],
    ['*/15 6-22 * * MON-FRI', `${offset} */15 6-22 * * MON-FRI *`, 900_000],
    ['0,5 * * * *', `${offset} 0,5 * * * * *`, 300_000],
    ['0 3 * * *', `${offset} 0 3 * * * *`, 86_400_000],
    ['  0   3 * * * ', `${offset} 0 3 * * * *`, 86_400_000],
  ])('%j is spread by the offset', (cron, fields, window) => {
    expect(times(cron)).toEqual([fields, window]);
  });

  test('with six fields ends in the year, as Temporal reads it', () => {
    expect(times('0 3 * * * *')).toEqual([`${offset} 0 3 * * * *`, 86_400_000]);
  });

  test.each([
    ['*/30 * * * * * *', 30_000],
    ['*/2 * * * * * *', 10_000],
    ['15 0 3 * * * 2026-2099', 86_400_000],
  ])('%j with seconds stays as it is; the window is one interval, and at least 10 s', (cron, window) => {
    expect(times(cron)).toEqual([cron, window]);
  });

  test.each([
    ['* * * *', /5 to 7 fields/],
    ['* * * * * * * *', /5 to 7 fields/],
    ['@hourly', /5 to 7 fields/],
    ['TZ=Europe/Oslo 0 3 * * *', /5 to 7 fields/],
    ['0 3 L * *', /5 to 7 fields/],
    ['99 * * * *', /Invalid value for minute/],
    ['0 25 * * *', /Invalid value for hour/],
    ['0 0 1 1 * 2020', /never comes true/],
    ['0 0 30 FEB *', /never comes true/],
    ['', /5 to 7 fields/],
  ])('%j is refused', (cron, message) => {
    expect(() => parseCron(cron)).toThrow(message);
    expect(() => parseCron(cron)).toThrow(RangeError);
  });
});

test.each([
  ['* * * * *', 60],
  ['0,5 * * * *', 3_300],
  ['17 2 * * *', 86_400],
  // From Friday's last to Monday's first.
  ['*/5 * * * MON-FRI', 2 * 86_400 + 300],
])('the longest time between two times of %s is %d seconds', (cron, seconds) => {
  expect(longestGapSeconds(cron)).toBe(seconds);
});
