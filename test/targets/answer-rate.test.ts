import { describe, expect, test } from '@jest/globals';
import { AnswerRate } from '../../targets/answer-rate.ts';

const MIB = 2 ** 20;

/** A target that is called at times of the test. */
class Target {
  now = 0;
  readonly #rate = new AnswerRate(
    () => this.now,
    async (ms) => void (this.now += ms),
  );

  async call(bytes: number): Promise<void> {
    await this.#rate.turn('Mautic');
    this.#rate.received(bytes);
  }
}

describe('answers of one target', () => {
  test('are read at once up to 128 MiB, and then as 8 MiB a second', async () => {
    const target = new Target();
    for (let n = 0; n < 8; n += 1) await target.call(16 * MIB);
    await target.call(16 * MIB);
    expect(target.now).toBe(0);
    for (let n = 0; n < 100; n += 1) await target.call(MIB);
    // What came before the last call, less the burst.
    expect(target.now).toBe((1_000 * (8 * 16 + 16 + 99 - 128)) / 8);
    target.now += 60_000;
    const before = target.now;
    for (let n = 0; n < 8; n += 1) await target.call(16 * MIB);
    expect(target.now).toBe(before);
  });

  test('that are short are never waited for', async () => {
    const target = new Target();
    for (let n = 0; n < 10_000; n += 1) {
      await target.call(20_000);
      target.now += 5;
    }
    expect(target.now).toBe(50_000);
  });

  test('that would have to wait long free their slot, and are asked for later', async () => {
    const target = new Target();
    await target.call(128 * MIB + 48 * MIB);
    await expect(target.call(1)).rejects.toMatchObject({
      errorClass: 'transient',
      code: 'answer-rate',
      retryAfterMs: 6_000,
    });
    target.now += 1_000;
    await target.call(1);
    expect(target.now).toBe(6_000);
  });
});
