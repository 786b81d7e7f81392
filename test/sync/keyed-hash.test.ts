import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import { rehash, rememberingKeys } from '../../sync/secret-hash.ts';
import { addressHashes } from '../../sync/address-hash.ts';
import { baseOf, baseWith, isHashOf, keyedHash, purposeOf } from '../../sync/keyed-hash.ts';

const key = (fill: number) => new Uint8Array(32).fill(fill);

const made = (one: Uint8Array) => keyedHash('address:email', 'ana@clube.example', [one]);

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

  test('keys that remember hash like those they were made of, for each purpose by itself', () => {
    const keys = [key(2), key(1)];
    const remembering = rememberingKeys(keys);
    const others = rememberingKeys([key(3)]);
    const fields = ['name', 'address:email', 'identity of name', 'unique:name'];
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.constantFrom('Ana', 'Rui', null), (field, value) => {
        const hash = keyedHash(field, value, keys);
        expect(keyedHash(field, value, remembering)).toBe(hash);
        expect(isHashOf(hash, field, value, remembering)).toBe(true);
        expect(isHashOf(hash, field, 'Eva', remembering)).toBe(false);
        expect(keyedHash(field, value, others)).toBe(keyedHash(field, value, [key(3)]));
      }),
    );
    expect(addressHashes('email', 'ana@clube.example', remembering)).toEqual(
      addressHashes('email', 'ana@clube.example', keys),
    );
  });

  test('a hash from before a key was divided by purposes is still known, and none is made', () => {
    const name = createHash('sha256').update('ems-sync key name').update(key(1)).digest('hex').slice(0, 8);
    const undivided = `${name}:${createHmac('sha256', key(1)).update('["name","Ana"]').digest('hex')}` as const;
    expect(isHashOf(undivided, 'name', 'Ana', [key(2), key(1)])).toBe(true);
    expect(isHashOf(undivided, 'name', 'Anna', [key(1)])).toBe(false);
    expect(keyedHash('name', 'Ana', [key(1)])).not.toContain(name);
  });

  test('a hash of a base, of an address, of a fingerprint and of a unique value are made with different keys', () => {
    const hashes = ['name', 'address:email', 'identity of name', 'unique:name'].map((field) => purposeOf(field));
    expect(new Set(hashes).size).toBe(4);
  });

  test('a value that is not known any more is hashed again, as often as keys change: it needs all of its keys', () => {
    const keys = [key(3), key(2), key(1)];
    const once = keyedHash('name', 'Ana', [key(1)]);
    const twice = rehash(once, 'base', [key(2)]);
    const thrice = rehash(twice, 'base', [key(3)]);
    expect(isHashOf(thrice, 'name', 'Ana', keys)).toBe(true);
    expect(isHashOf(thrice, 'name', 'Anna', keys)).toBe(false);
    for (const gone of keys) {
      const left = keys.filter((one) => one !== gone);
      expect(isHashOf(thrice, 'name', 'Ana', left)).toBe(false);
    }
  });

  test('all forms in which an address may be listed are looked for', () => {
    const [newest, middle, oldest] = [key(3), key(2), key(1)];
    const looked = addressHashes('email', 'Ana@Clube.example', [newest, middle, oldest]);
    expect(new Set(looked).size).toBe(looked.length);
    const forms = [newest, middle, oldest].map(made);
    const again = [
      rehash(made(oldest), 'address', [middle]),
      rehash(made(oldest), 'address', [newest]),
      rehash(rehash(made(oldest), 'address', [middle]), 'address', [newest]),
    ];
    expect(looked).toEqual(expect.arrayContaining([...forms, ...again]));
    expect(looked[0]).toBe(made(newest));
  });

  test('a field that is read again loses the older keys of its hash', () => {
    const keys = [key(2), key(1)];
    const base = { name: rehash(keyedHash('name', 'Ana', [key(1)]), 'base', keys) };
    expect(baseWith(base, { name: 'Ana' }, keys)).toEqual({ name: keyedHash('name', 'Ana', keys) });
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
