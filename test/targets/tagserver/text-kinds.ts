import * as fc from '../../seeded-fast-check.ts';
import { orNothing, type Kind } from './kind.ts';

const NAMES = [
  "O'Brien",
  'Zo\u00eb',
  'Zoe\u0308',
  '\u212bngstr\u00f6m',
  '김민준',
  'Ελένη',
  'אבי',
  '🏃‍♀️ Club',
  '0',
  '00000',
  '<b>x</b>',
  'A&amp;B',
];
const BLANKS = ['', ' ', '\t', '\n', '\u00a0', '\u2003', '\ufeff', ' \r\n '];
const NOTHING = [null, undefined, '', ' ', '\u00a0\ufeff', '\u200b'];
const UNFIT = [
  'half \ud83d',
  '\udc00',
  'bell\u0007',
  'in\u0000side',
  'next\u0085line',
  '\u0301',
  ' \u0301x',
  '\u200b\u200d',
];
const LONG = [
  'x'.repeat(255),
  'x'.repeat(256),
  '🏃'.repeat(255),
  '🏃'.repeat(256),
  'e\u0301'.repeat(255),
  ' '.repeat(300),
];

const visible = fc.oneof(
  fc.constantFrom(...NAMES),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((text) => /[[\p{L}\p{N}]--\p{Default_Ignorable_Code_Point}]/v.test(text)),
);

const spelling = (value: unknown) => (typeof value === 'string' ? value : '');

export const respellText = (value: unknown): fc.Arbitrary<unknown> =>
  asText(value) === null
    ? fc.constantFrom(...NOTHING)
    : fc
        .tuple(fc.constantFrom(...BLANKS), fc.constantFrom('NFC', 'NFD'), fc.constantFrom(...BLANKS))
        .map(([before, form, after]) => `${before}${spelling(value).normalize(form)}${after}`);

export const respellCapitals = (value: unknown) =>
  fc.constantFrom(spelling(value).toUpperCase(), spelling(value).toLowerCase()).chain(respellText);

/** Uses decomposition, where our code composes. */
function asText(value: unknown): string | null {
  const text = spelling(value)
    .normalize('NFD')
    .replaceAll(/^\s+|\s+$/gu, '');
  return text === '' || text === '\u200b' ? null : text;
}

export const sameText = (one: unknown, other: unknown) => asText(one) === asText(other);
export const sameButCapitals = (one: unknown, other: unknown) =>
  asText(one)?.toLowerCase() === asText(other)?.toLowerCase();

export const wildText = fc.oneof(
  fc.constantFrom(...NAMES, ...NOTHING, ...UNFIT, ...LONG),
  fc.string({ unit: 'binary', maxLength: 20 }),
  visible,
);

export const name: Kind = { valid: visible, wild: wildText, respell: respellText, same: sameText };

export const optionalName = orNothing(name);
export const bib = orNothing({
  ...name,
  valid: visible.filter((text) => Array.from(text.normalize('NFC')).length <= 16),
});

/** `words`: EMS's words and their meanings. */
function word(words: Readonly<Record<string, string>>): Kind {
  const meaning = (value: unknown) => words[asText(value) ?? ''] ?? null;
  return {
    valid: fc.constantFrom(...Object.keys(words)),
    wild: fc.oneof(fc.constantFrom(...Object.keys(words), 'toString', '__proto__', 'run', 'TRAIL'), wildText),
    respell: respellText,
    same: (one, other) => meaning(one) === meaning(other),
  };
}

export const gender = orNothing(word({ F: 'F', M: 'M', X: 'X' }));
export const discipline = orNothing(
  word({ RUN: 'run', WALK: 'walk', CYCLE: 'cycle', SWIM: 'multisport', TRIATHLON: 'multisport' }),
);
export const status = word({
  REGISTERED: 'registered',
  CONFIRMED: 'registered',
  WITHDRAWN: 'withdrawn',
  DNS: 'dns',
  DNF: 'dnf',
  FINISHED: 'finished',
});
export const tagKind = orNothing(word({ BIB: 'uhf-bib', SHOE: 'uhf-shoe', BIKE: 'active', CARD: 'active' }));

export const country = orNothing({
  ...name,
  valid: fc.constantFrom('PT', 'CZ', 'US', 'NA', 'NO'),
  wild: fc.oneof(fc.constantFrom('pt', 'PRT', 'P', '🇵🇹', 'PT\n', 'ＰＴ'), wildText),
});

const hexadecimal = fc
  .array(fc.constantFrom(...'0123456789ABCDEFabcdef'.split('')), { minLength: 4, maxLength: 32 })
  .map((digits) => digits.join(''));

export const tagCode: Kind = {
  valid: fc.oneof(hexadecimal, fc.constantFrom('0000', 'FFFF')),
  wild: fc.oneof(
    fc.constantFrom('E28', 'F'.repeat(33), 'E280 1160', 'E280-1160', 'ﬀﬀ', 'ßßßß', ' e280 ', 'CHIP-00X7'),
    hexadecimal,
    wildText,
  ),
  respell: respellCapitals,
  same: sameButCapitals,
};

/** Columns that the mapping does not read: any value. */
export const unmapped: Kind = {
  valid: wildText,
  wild: wildText,
  respell: (value) => fc.constant(value),
  same: () => true,
};
