import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { baseOf, isHashOf, keyedHash } from '../../sync/keyed-hash.ts';

const key = (fill: number) => new Uint8Array(32).fill(fill);

describe('keyed hash', () => {
  test('equal values in canonical form hash alike, under one key', () => {
    expect(keyedHash('name', ' Zoe\u0308 ', [key(1)])).toBe(keyedHash('name', 'Zo\u00eb', [key(1)]));
    expect(keyedHash('name', null, [key(1)])).toBe(keyedHash('name', '', [key(1)]));
  });

  test('another key, another field or another value hashes otherwise', () => {
    const all = [
      keyedHash('name', 'Ana', [key(1)]),
      keyedHash('name', 'Ana', [key(2)]),
      keyedHash('email', 'Ana', [key(1)]),
      keyedHash('name', 'Anna', [key(1)]),
      keyedHash('name', null, [key(1)]),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test('rotation: the newest key writes, the older ones are still known, one that is gone is not', () => {
    const stored = keyedHash('name', 'Ana', [key(1)]);
    expect(isHashOf(stored, 'name', 'Ana', [key(2), key(1)])).toBe(true);
    expect(isHashOf(stored, 'name', 'Anna', [key(2), key(1)])).toBe(false);
    expect(isHashOf(stored, 'name', 'Ana', [key(2)])).toBe(false);
    expect(isHashOf(undefined, 'name', 'Ana', [key(1)])).toBe(false);
    expect(() => keyedHash('name', 'Ana', [])).toThrow('SYNC_KEY');
  });

  test('a base says nothing of the values it was made from', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), (value) => {
        fc.pre(value.trim().length >= 3 && !/^[0-9a-f]+$/.test(value));
        expect(JSON.stringify(baseOf({ f: value }, [key(1)]))).not.toContain(value);
      }),
    );
  });
});
