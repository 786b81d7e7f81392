import { describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import { findInParts } from '../../activities/find-in-parts.ts';
import { inHalves } from '../../activities/in-halves.ts';

/** Fails if the part contains one of these, like a statement about many rows. */
const spoiltBy =
  (spoilt: ReadonlySet<number>, code = '22003') =>
  async (some: readonly number[]): Promise<readonly number[]> => {
    if (some.some((one) => spoilt.has(one))) throw Object.assign(new Error('refused'), { code });
    return some;
  };

describe('a page that rows spoil', () => {
  test('is done but for them, in order, whoever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.array(fc.nat(60)), async (length, bad) => {
        const items = Array.from({ length }, (_, index) => index);
        const spoilt = new Set(bad);
        const { results, failed } = await inHalves(items, spoiltBy(spoilt));
        expect(results.flat()).toEqual(items.filter((item) => !spoilt.has(item)));
        expect(failed.map(({ item }) => item)).toEqual(items.filter((item) => spoilt.has(item)));
      }),
    );
  });

  test('costs one row no more than its depth in repetitions', async () => {
    let statements = 0;
    const items = Array.from({ length: 200 }, (_, index) => index);
    const work = spoiltBy(new Set([137]));
    await inHalves(items, (some) => {
      statements += 1;
      return work(some);
    });
    expect(statements).toBeLessThanOrEqual(2 * 8 + 1);
  });

  test.each(['08006', '57P01', '40001', '42703', '42501'])(
    'is not divided for an error that says nothing of a row (SQLSTATE %s)',
    async (code) => {
      let statements = 0;
      const work = spoiltBy(new Set([1]), code);
      const divided = inHalves([1, 2, 3, 4], (some) => {
        statements += 1;
        return work(some);
      });
      await expect(divided).rejects.toMatchObject({ code });
      expect(statements).toBe(1);
    },
  );
});

describe('a detection query that a row spoils', () => {
  const ROWS = Array.from({ length: 50 }, (_, index) => String(index * 2 + 1));

  /** Every third row is due; the query fails if it reads a row that breaks it. */
  const find =
    (spoilt: ReadonlySet<string>) =>
    async ({ after, upTo = null, limit }: { after: string | null; upTo?: string | null; limit: number }) => {
      const within = ROWS.filter(
        (key) => (after === null || BigInt(key) > BigInt(after)) && (upTo === null || BigInt(key) <= BigInt(upTo)),
      );
      if (within.some((key) => spoilt.has(key))) throw Object.assign(new Error('refused'), { code: '22012' });
      const keys = within.filter((key) => BigInt(key) % 3n === 0n).slice(0, limit);
      return { keys, next: keys.length < limit ? null : (keys.at(-1) ?? null) };
    };
  const all = async ({ after, limit }: { after: string | null; limit: number }) =>
    ROWS.filter((key) => after === null || BigInt(key) > BigInt(after)).slice(0, limit);

  test('finds every row that is due, and the ones that spoil it, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(ROWS), fc.integer({ min: 1, max: 20 }), async (bad, limit) => {
        const spoilt = new Set(bad);
        const found: string[] = [];
        let after: string | null = null;
        do {
          const page = await findInParts(find(spoilt), all, { after, limit });
          found.push(...page.keys);
          after = page.next;
        } while (after !== null);
        expect(found).toEqual(ROWS.filter((key) => spoilt.has(key) || BigInt(key) % 3n === 0n));
      }),
    );
  });
});
