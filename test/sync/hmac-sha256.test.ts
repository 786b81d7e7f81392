import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hmacSha256 } from '../../sync/hmac-sha256.ts';
import fc from '../seeded-fast-check.ts';

const expected = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest('hex');

test('equals HMAC-SHA-256 for any text and any key up to a block, whatever was hashed before', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 0, maxLength: 64 }),
      fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { minLength: 1, maxLength: 5 }),
      (key, texts) => {
        for (const text of texts) expect(hmacSha256(key, text)).toBe(expected(key, text));
      },
    ),
  );
});

test('equals it for texts around the size of the buffer that is used again', () => {
  const key = new Uint8Array(32).fill(7);
  for (const length of [1_343, 1_344, 1_345, 4_032, 4_033, 100_000]) {
    for (const letter of ['a', 'ß', '日', '😀']) {
      const text = letter.repeat(length);
      expect(hmacSha256(key, text)).toBe(expected(key, text));
    }
  }
});

test('a key longer than a block is refused', () => {
  expect(() => hmacSha256(new Uint8Array(65), 'text')).toThrow(RangeError);
});
