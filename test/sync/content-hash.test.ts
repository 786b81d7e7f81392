import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as fc from '../seeded-fast-check.ts';
import { contentDigest, contentHash, hasHash, type Content } from '../../sync/content-hash.ts';

const KEYS = [new Uint8Array(32).fill(1)];

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
    expect(contentDigest(content, 1)).toBe(hash);
    expect(hasHash(content, hash, KEYS)).toBe(true);
  });

  test('no two of them are equal', () => {
    expect(new Set(vectors.map(({ hash }) => hash)).size).toBe(vectors.length);
  });
});

describe.each([
  ['keyed', (content: Content) => contentHash(content, KEYS)],
  ['from before hashes were keyed', contentDigest],
])('a stored hash %s is not taken for equal', (_name, made) => {
  const content = { name: 'Zoë' };
  const stored = made(content);
  const version = stored.slice(0, stored.indexOf(':'));
  const digest = stored.slice(version.length + 1);
  test.each([
    ['there is none', null],
    ['it is empty', ''],
    ['it is of a newer release', `v99:${digest}`],
    ['it is of a form that never was', `v0:${digest}`],
    ['it has no version', digest],
    ['its version is written otherwise', `v01:${digest}`],
    ['something stands before it', ` ${version}:${digest}`],
    ['it is cut off', stored.slice(0, -1)],
    ['it is in capitals', `${version}:${digest.toUpperCase()}`],
  ])('if %s', (_, changed) => {
    expect(hasHash(content, stored, KEYS)).toBe(true);
    expect(hasHash(content, changed, KEYS)).toBe(false);
  });
});

describe('a stored hash', () => {
  const person: Content = { name: 'Ana', birthDate: '1984-03-07' };
  const [OLD, NEW] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

  // The hash of today's commit before this one is found among some 30,000 days.
  test('does not tell a birth date to those who know everything else', () => {
    const stored = contentHash(person, KEYS);
    const days = Array.from({ length: 366 }, (_, day) =>
      Temporal.PlainDate.from('1984-01-01').add({ days: day }).toString(),
    );
    const tried = days.flatMap((birthDate) => [
      contentDigest({ ...person, birthDate }),
      contentHash({ ...person, birthDate }, [new Uint8Array(32)]),
    ]);
    expect(tried).toContain(contentDigest(person));
    expect(tried.filter((hash) => stored.endsWith(hash.slice(hash.lastIndexOf(':'))))).toEqual([]);
  });

  test('is known under each key of a rotation, and not without its own', () => {
    const stored = contentHash(person, [OLD]);
    expect(hasHash(person, stored, [NEW, OLD])).toBe(true);
    expect(hasHash(person, stored, [NEW])).toBe(false);
    expect(hasHash({ ...person, name: 'Eva' }, stored, [NEW, OLD])).toBe(false);
    expect(contentHash(person, [NEW, OLD])).toBe(contentHash(person, [NEW]));
  });
});

test('a canonical form that this release does not know is refused by name', () => {
  expect(() => contentDigest({}, 99)).toThrow('canonical form v99');
  expect(() => contentHash({}, KEYS, 99)).toThrow('canonical form v99');
});

test('fields that are absent, null, empty or blank are the same, and a field more is another content (pitfall 29)', () => {
  const absent = contentDigest({ name: 'A' });
  for (const club of [null, undefined, '', ' ', new Set<string>(), {}, []]) {
    expect(contentDigest({ name: 'A', club })).toBe(absent);
  }
  for (const club of ['B', 0, false, new Set(['B']), ['B'], { name: 'B' }]) {
    expect(contentDigest({ name: 'A', club })).not.toBe(absent);
  }
});

test('what a field holds does not run over into its neighbour (pitfall 14)', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', ':', '{', '}', '\\', '|') });
  const texts = fc.record({ first: text, last: text });
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      const equal = one.first === other.first && one.last === other.last;
      expect(contentDigest(one) === contentDigest(other)).toBe(equal);
    }),
    { numRuns: 500 },
  );
});

test('a number is not its text, and null is not "null"', () => {
  const hashes = [1, '1', true, 'true', 'null', null, '[]', ['1']].map((value) => contentDigest({ value }));
  expect(new Set(hashes).size).toBe(hashes.length);
});
