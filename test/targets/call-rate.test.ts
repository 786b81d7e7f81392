import { expect, test } from '@jest/globals';
import { CallRate } from '../../targets/call-rate.ts';
import { SyncError } from '../../sync/sync-error.ts';

/** A call rate with a clock that only the test moves. */
function rateOf(perMinute: number) {
  let now = 1_000;
  const rate = new CallRate(perMinute, () => now);
  /** Milliseconds to wait for a turn that is too far away; null: the turn was granted. */
  const turn = async (): Promise<number | null> =>
    rate.turn('Target').then(
      () => null,
      (error: unknown) => (error instanceof SyncError ? (error.retryAfterMs ?? -1) : -1),
    );
  return { rate, turn, pass: (ms: number) => (now += ms) };
}

test('a minute’s calls may go at once, then one after the other', async () => {
  const { turn, pass } = rateOf(2);
  expect([await turn(), await turn(), await turn()]).toEqual([null, null, 30_000]);
  pass(30_000);
  expect([await turn(), await turn()]).toEqual([null, 30_000]);
  pass(3_600_000);
  expect([await turn(), await turn(), await turn()]).toEqual([null, null, 30_000]);
});

test('a call that is due soon waits for its turn', async () => {
  const { turn } = rateOf(6_000);
  for (let call = 0; call < 6_000; call += 1) expect(await turn()).toBeNull();
  const before = performance.now();
  for (let call = 0; call < 5; call += 1) expect(await turn()).toBeNull();
  expect(performance.now() - before).toBeGreaterThan(100);
});

test('a pause stops every call, is twice as long each time in a row, and at most ten minutes', async () => {
  const { rate, turn } = rateOf(60);
  const waits: (number | null)[] = [];
  for (let time = 0; time < 7; time += 1) {
    rate.pause();
    waits.push(await turn());
  }
  expect(waits).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
});

test('a wait that the target asks for is kept, and an answer makes the next pause a short one', async () => {
  const { rate, turn, pass } = rateOf(60);
  rate.pause(45_000);
  expect(await turn()).toBe(45_000);
  pass(45_000);
  expect(await turn()).toBeNull();
  rate.resume();
  pass(3_600_000);
  rate.pause();
  expect(await turn()).toBe(30_000);
});
