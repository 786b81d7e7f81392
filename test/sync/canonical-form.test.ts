import { describe, expect, test } from '@jest/globals';
import * as fc from '../seeded-fast-check.ts';
import { canonicalForm, canonicalText, type FieldValue } from '../../sync/canonical-form.ts';
import { parseInstant } from '../../sync/instant.ts';

describe('canonical text', () => {
  test.each<[string, string | null | undefined, string | null]>([
    ['null', null, null],
    ['undefined', undefined, null],
    ['empty', '', null],
    ['white space of all kinds', ' \t\r\n\u00a0\u2003\u2028\u3000\ufeff', null],
    ['characters of no width', '\u200b\u200c\u200d\u2060\u00ad', null],
    ['the Hangul filler, a letter that shows nothing', '\u3164', null],
    ['a variation selector by itself', '\ufe0f', null],
    ['blanks around it', ' \u00a0Ana\ufeff ', 'Ana'],
    ['blanks inside, which stay', 'Ana  Maria', 'Ana  Maria'],
    ['decomposed', 'Zoe\u0308', 'Zo\u00eb'],
    ['a singleton: the sign Ångström', '\u212b', '\u00c5'],
    ['a compatibility form, which stays', 'ﬁn', 'ﬁn'],
    ['joiners within an emoji, which stay', '🏃\u200d♀️', '🏃\u200d♀️'],
    ['zero, which is something', '0', '0'],
    ['the word null', 'null', 'null'],
  ])('%s', (_, text, expected) => {
    expect(canonicalText(text)).toBe(expected);
  });

  test('ASCII without blanks around it is its own canonical form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        const trimmed = text.trim();
        expect(canonicalText(text)).toBe(trimmed === '' ? null : trimmed);
      }),
    );
  });

  test('is in NFC, has no blanks around it, and is its own canonical form (pitfall 13)', () => {
    const marks = fc.constantFrom(
      'e',
      ' ',
      '\u0301',
      '\u0327',
      '\u00a0',
      '\u1100',
      '\u1161',
      '\u11a8',
      '\u200b',
      '\u2126',
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: marks })), (text) => {
        const canonical = canonicalText(text);
        expect(canonicalText(canonical)).toBe(canonical);
        if (canonical === null) return;
        expect(canonical.normalize('NFC')).toBe(canonical);
        expect(canonical.trim()).toBe(canonical);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('canonical form', () => {
  test.each<[string, FieldValue, unknown]>([
    ['zero below zero is zero', -0, 0],
    ['false is something', false, false],
    [
      'a set is sorted, without repetition and without what is empty',
      new Set([' b', 'a', 'b', '', null, 'a\u0000']),
      ['a', 'a\u0000', 'b'],
    ],
    [
      'a set of equal objects is one object',
      new Set([
        { a: 1, b: '' },
        { b: null, a: 1 },
      ]),
      [{ a: 1 }],
    ],
    ['a set with nothing in it is absent', new Set(['', null]), null],
    ['a list keeps its order, its repetitions and its gaps', ['b', 'a', '', 'b'], ['b', 'a', null, 'b']],
    ['a list with nothing in it is absent', [], null],
    ['an object leaves out what is absent', { b: ' x ', a: null, c: { d: '' }, e: [] }, { b: 'x' }],
    ['an object with nothing in it is absent', { a: { b: { c: undefined } } }, null],
    ['names of fields are text too', { 'e\u0301': 1 }, { '\u00e9': 1 }],
    ['a day', Temporal.PlainDate.from('2028-02-29'), '2028-02-29'],
    [
      'an instant is in UTC with microseconds',
      parseInstant('2027-05-15 07:30:00.1+05:30'),
      '2027-05-15T02:00:00.100000Z',
    ],
    [
      'an instant before 1970 is cut downwards, as one after it',
      Temporal.Instant.fromEpochNanoseconds(-1n),
      '1969-12-31T23:59:59.999999Z',
    ],
  ])('%s', (_, value, expected) => {
    expect(canonicalForm(value)).toEqual(expected);
  });

  test.each([Number.NaN, Infinity, -Infinity])('%s has none', (value) => {
    expect(() => canonicalForm({ deep: [value] })).toThrow(RangeError);
  });

  const { value: values } = fc.letrec<{ value: FieldValue }>((link) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.constantFrom<FieldValue>(null, undefined, '', ' ', 'Zoe\u0308', -0),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.array(link('value'), { maxLength: 4 }),
      fc.array(link('value'), { maxLength: 4 }).map((items) => new Set(items)),
      fc.dictionary(fc.string({ unit: 'binary' }), link('value'), { maxKeys: 4 }) as fc.Arbitrary<FieldValue>,
    ),
  }));

  test('is its own canonical form, and survives JSON (pitfall 13)', () => {
    fc.assert(
      fc.property(values, (value) => {
        const form = canonicalForm(value);
        expect(canonicalForm(form)).toEqual(form);
        expect(JSON.parse(JSON.stringify(form))).toEqual(form);
      }),
      { numRuns: 500 },
    );
  });

  test('of a set does not depend on the order of its items', () => {
    const orders = fc
      .array(values, { maxLength: 6 })
      .chain((items) => fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })));
    fc.assert(
      fc.property(orders, ([one, other]) => expect(canonicalForm(new Set(other))).toEqual(canonicalForm(new Set(one)))),
    );
  });
});
