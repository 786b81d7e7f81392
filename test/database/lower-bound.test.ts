import { describe, expect, test } from '@jest/globals';
import { lowerBound, withMark, type SweepMark } from '../../database/detection/lower-bound.ts';

/** A sweep at a minute past ten. */
const at = (minute: number, xid: number, xmin: number): SweepMark => ({
  time: `2026-11-30 10:${String(minute).padStart(2, '0')}:00+00`,
  xid: String(xid),
  xmin: String(xmin),
  types: ['Person'],
});

const bound = (...marks: SweepMark[]) => lowerBound(marks, 'Person', 60_000);

describe('the lower bound', () => {
  test('is the last sweep that handed over everything, less the margin, if no transaction was open', () => {
    expect(bound(at(1, 10, 10), at(2, 20, 20))).toBe('2026-11-30T10:01:00.000000Z');
  });

  test('stays before a transaction that was open at the last sweep, over any number of sweeps', () => {
    expect(bound(at(1, 10, 10), at(2, 20, 15), at(3, 30, 15), at(4, 40, 15))).toBe('2026-11-30T10:00:00.000000Z');
    expect(bound(at(1, 10, 10), at(2, 20, 15), at(3, 30, 15), at(4, 40, 40))).toBe('2026-11-30T10:03:00.000000Z');
  });

  // Its id was drawn before the second sweep, and no higher one had ended: the xmax of that snapshot was 15.
  test('stays before a transaction that had drawn the highest id', () => {
    expect(bound(at(1, 10, 10), at(2, 16, 15), at(3, 30, 15))).toBe('2026-11-30T10:00:00.000000Z');
  });

  test('is none before a first sweep, and while a transaction is older than every sweep', () => {
    expect(bound()).toBeNull();
    expect(bound(at(1, 10, 5), at(2, 20, 5))).toBeNull();
  });

  test('belongs to a type: a sweep that could not read it does not count', () => {
    const marks = [at(1, 10, 10), { ...at(2, 20, 20), types: ['Event' as const] }];
    expect(lowerBound(marks, 'Person', 0)).toBe('2026-11-30T10:01:00.000000Z');
    expect(lowerBound(marks, 'Event', 0)).toBe('2026-11-30T10:02:00.000000Z');
  });

  test('is the same once marks that no longer matter are forgotten', () => {
    const marks = [at(1, 10, 10), at(2, 20, 15), at(3, 30, 15), at(4, 40, 40), at(5, 50, 45)];
    const kept = marks.reduce<readonly SweepMark[]>(withMark, []);
    expect(lowerBound(kept, 'Person', 0)).toBe(lowerBound(marks, 'Person', 0));
    expect(kept.map(({ xid }) => xid)).toEqual(['40', '50']);
  });
});
