import { expect, test } from '@jest/globals';
import { percentiles } from '../../bench/percentiles.ts';
import { report } from '../../bench/report.ts';

const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);

test('percentiles are of all that was measured, in whatever order', () => {
  expect(percentiles(hundred)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  expect(percentiles([0.2])).toEqual({ count: 1, p50: 1, p95: 1, p99: 1, max: 1 });
});

test('each way has a line', () => {
  const lines = report({ 'a sweep': [60_000], 'the listener': hundred }).split('\n');
  expect(lines.find((line) => line.includes('the listener'))?.match(/\d+/g)).toEqual(['100', '50', '95', '99', '100']);
  expect(lines.find((line) => line.includes('a sweep'))).toContain('60000');
});
