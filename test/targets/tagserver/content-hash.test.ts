import { describe, expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import { contentDigest } from '../../../sync/content-hash.ts';
import { contentOf, hashOf, kindOf, respelt, TYPE_CASES, valuesOf, type TypeCase, type Values } from './ems-rows.ts';

const typeCase = (type: string) => TYPE_CASES.find((candidate) => candidate.type === type) as TypeCase;

const sample = (of: TypeCase): Values => fc.sample(valuesOf(of, 'valid'), { numRuns: 1, seed: 7 })[0] as Values;

describe.each(TYPE_CASES.map((of) => [of.type, of] as const))('the content hash of %s', (_, of) => {
  const columns = Object.keys(of.mapped);
  const optional = columns.filter((column) => kindOf(of, column, { timeZone: 'UTC' }).optional);
  const rows = valuesOf(of, 'valid');

  test('equal content has an equal hash, however EMS spells it: NFC, NFD, blanks, null, empty, missing, order, offset (pitfall 13)', () => {
    const spellings = rows.chain((values) => fc.tuple(fc.constant(values), respelt(of, values)));
    fc.assert(fc.property(spellings, ([one, other]) => expect(hashOf(of, other)).toBe(hashOf(of, one))));
  });

  test('content is equal if and only if the hash is (pitfall 14)', () => {
    const pairs = fc
      .tuple(rows, rows)
      .chain(([one, two]) => fc.tuple(fc.constant(one), fc.constant(two), respelt(of, one), fc.subarray(columns)))
      .map(([one, two, same, changed]) => {
        const other = { ...same, ...Object.fromEntries(changed.map((column) => [column, two[column]])) };
        return [one, other] as const;
      });
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const equal = columns.every((column) => kindOf(of, column, one).same(one[column], other[column]));
        expect(hashOf(of, other) === hashOf(of, one)).toBe(equal);
      }),
      { numRuns: 300 },
    );
  });

  test.each(columns)('a change of %s alone changes it, and nothing less does', (column) => {
    const pairs = rows.chain((values) => {
      const kind = kindOf(of, column, values);
      return fc.tuple(fc.constant(values), fc.oneof(kind.valid, kind.respell(values[column])));
    });
    let changes = 0;
    fc.assert(
      fc.property(pairs, ([values, value]) => {
        const same = kindOf(of, column, values).same(values[column], value);
        changes += same ? 0 : 1;
        expect(hashOf(of, { ...values, [column]: value }) === hashOf(of, values)).toBe(same);
      }),
    );
    expect(changes).toBeGreaterThan(0);
  });

  test.each(of.unmapped)('%s is not part of it (pitfall 15)', (column) => {
    fc.assert(
      fc.property(rows, rows, (values, others) =>
        expect(hashOf(of, { ...values, [column]: others[column] })).toBe(hashOf(of, values)),
      ),
      { numRuns: 20 },
    );
  });

  test('the order of the fields is not part of it (pitfall 14)', () => {
    const shuffled = rows.chain((values) => {
      const content = contentOf(of, values);
      const fields = Object.entries(content);
      return fc.tuple(
        fc.constant(content),
        fc.shuffledSubarray(fields, { minLength: fields.length }).map((entries) => Object.fromEntries(entries)),
      );
    });
    fc.assert(fc.property(shuffled, ([one, other]) => expect(contentDigest(other)).toBe(contentDigest(one))));
  });

  for (const column of optional) {
    test(`${column} set, cleared and set again: it changes, and is what it was (pitfall 29)`, () => {
      const kind = kindOf(of, column, {});
      const set = rows.chain((values) =>
        kind.valid
          .filter((value) => !kind.same(value, null))
          .chain((value) => fc.tuple(fc.constant(values), fc.constant(value), kind.respell(value))),
      );
      fc.assert(
        fc.property(set, ([values, value, again]) => {
          const before = hashOf(of, { ...values, [column]: value });
          expect(hashOf(of, { ...values, [column]: null })).not.toBe(before);
          expect(hashOf(of, { ...values, [column]: again })).toBe(before);
        }),
      );
    });
  }
});

test.each([
  ['null', null],
  ['undefined', undefined],
  ['empty', ''],
  ['blank', '  '],
  ['a no-break space and a byte order mark', '\u00a0\ufeff'],
  ['a zero-width space', '\u200b'],
])('no club, and a club whose name is %s, are the same to TagServer', (_, name) => {
  const person = { ...sample(typeCase('Person')) };
  delete person['club.name' as keyof typeof person];
  expect(hashOf(typeCase('Person'), { ...person, 'club.name': name })).toBe(hashOf(typeCase('Person'), person));
});

test('"Ann" + "a Smith" and "Anna" + "Smith" are two persons (pitfall 14)', () => {
  const person = sample(typeCase('Person'));
  const one = hashOf(typeCase('Person'), { ...person, firstName: 'Ann', lastName: 'a Smith' });
  expect(hashOf(typeCase('Person'), { ...person, firstName: 'Anna', lastName: ' Smith' })).not.toBe(one);
  expect(hashOf(typeCase('Person'), { ...person, firstName: 'a Smith', lastName: 'Ann' })).not.toBe(one);
});

test('an id above 2^53 is not its neighbour', () => {
  const race = sample(typeCase('Race'));
  const hashes = ['9007199254740992', '9007199254740993'].map((eventId) =>
    hashOf(typeCase('Race'), { ...race, eventId }),
  );
  expect(hashes[0]).not.toBe(hashes[1]);
});
