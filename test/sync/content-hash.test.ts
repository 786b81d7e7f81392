import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { contentHash, hasHash, type Content } from '../../sync/content-hash.ts';

interface Vector {
  readonly name: string;
  readonly content: Content;
  /** The canonical form (RFC 8785) that is hashed. */
  readonly canonical: string;
  readonly hash: string;
}

const vectors = JSON.parse(readFileSync(new URL('hash-vectors.json', import.meta.url), 'utf8')) as readonly Vector[];

describe('hashes that records in production may hold (pitfall 14)', () => {
  test.each(vectors)('$name', ({ content, canonical, hash }) => {
    expect(hash).toBe(`v1:${createHash('sha256').update(canonical, 'utf8').digest('hex')}`);
    expect(contentHash(content, 1)).toBe(hash);
    expect(hasHash(content, hash)).toBe(true);
  });

  test('no two of them are equal', () => {
    expect(new Set(vectors.map(({ hash }) => hash)).size).toBe(vectors.length);
  });
});

describe('a stored hash is not taken for equal', () => {
  const content = { name: 'Zoë' };
  const [version, digest] = contentHash(content).split(':');
  test.each([
    ['there is none', null],
    ['it is empty', ''],
    ['it is of a newer release', `v99:${digest}`],
    ['it is of a form that never was', `v0:${digest}`],
    ['it has no version', `${digest}`],
    ['its version is written otherwise', `v01:${digest}`],
    ['something stands before it', ` ${version}:${digest}`],
    ['it is cut off', `${version}:${digest?.slice(0, 63)}`],
    ['it is in capitals', `${version}:${digest?.toUpperCase()}`],
  ])('if %s', (_, stored) => {
    expect(hasHash(content, stored)).toBe(false);
  });
});

test('a canonical form that this release does not know is refused by name', () => {
  expect(() => contentHash({}, 99)).toThrow('canonical form v99');
});

test('fields that are absent, null, empty or blank are the same, and a field more is another content (pitfall 29)', () => {
  const absent = contentHash({ name: 'A' });
  for (const club of [null, undefined, '', ' ', new Set<string>(), {}, []]) {
    expect(contentHash({ name: 'A', club })).toBe(absent);
  }
  for (const club of ['B', 0, false, new Set(['B']), ['B'], { name: 'B' }]) {
    expect(contentHash({ name: 'A', club })).not.toBe(absent);
  }
});

test('what a field holds does not run over into its neighbour (pitfall 14)', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', ':', '{', '}', '\\', '|') });
  const texts = fc.record({ first: text, last: text });
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      const equal = one.first === other.first && one.last === other.last;
      expect(contentHash(one) === contentHash(other)).toBe(equal);
    }),
    { numRuns: 500 },
  );
});

test('a number is not its text, and null is not "null"', () => {
  const hashes = [1, '1', true, 'true', 'null', null, '[]', ['1']].map((value) => contentHash({ value }));
  expect(new Set(hashes).size).toBe(hashes.length);
});
