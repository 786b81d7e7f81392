import { describe, expect, test } from '@jest/globals';
import { waitUntil } from './wait-until.ts';

const quick = { what: 'the train', stillMs: 200, pauseMs: 5 };

describe('waiting', () => {
  test('ends with what the check finds', async () => {
    let left = 3;
    expect(await waitUntil(quick, () => (left-- > 0 ? null : 'here'))).toBe('here');
    expect(await waitUntil(quick, async () => 0)).toBe(0);
  });

  test('gives up when nothing moves, and names what did not come', async () => {
    const still = { ...quick, progress: () => 'the same' };
    await expect(waitUntil(still, () => false)).rejects.toThrow(/^the train: not after \d+ s, and nothing has moved/);
    await expect(waitUntil(quick, () => false)).rejects.toThrow(/nothing has moved/);
  });

  test('outlasts its time while something moves', async () => {
    const began = performance.now();
    const moving = { ...quick, progress: () => String(performance.now()) };
    await waitUntil(moving, () => performance.now() - began > 700);
    expect(performance.now() - began).toBeGreaterThan(700);
  });

  test('gives up at last when something moves for ever', async () => {
    const moving = { ...quick, atMostMs: 500, progress: () => String(performance.now()) };
    await expect(waitUntil(moving, () => false)).rejects.toThrow(
      /^the train: not after \d+ s, though something still moves/,
    );
  });

  test('does not swallow what the check throws', async () => {
    await expect(waitUntil(quick, () => Promise.reject(new Error('no connection')))).rejects.toThrow('no connection');
  });
});
