import { describe, expect, test } from '@jest/globals';
import { e164 } from '../../targets/contact-fields.ts';
import { parsePhone, phoneOfEms } from '../../targets/runsignup/phones.ts';

describe('a phone number with its trunk zero in brackets', () => {
  test.each([
    ['+44 (0)20 7946 0958', null, '+442079460958'],
    ['+44(0)2079460958', 'PT', '+442079460958'],
    ['0044 (0)20 7946 0958', 'PT', '+442079460958'],
    ['+49 (0) 30 901820', 'DE', '+4930901820'],
    ['+351 (0)912 345 678', 'PT', '+351912345678'],
    ['+420 (0)212345678', 'GB', '+420212345678'],
    ['+7 (0)495 1234567', null, '+74951234567'],
    // In Italy the zero is dialled from abroad as well.
    ['+39 (0)6 6982', null, '+39066982'],
    ['(0)20 7946 0958', 'GB', '+442079460958'],
  ])('%s of %s is %s, at every target', (number, country, expected) => {
    expect(e164(number, country)).toBe(expected);
    expect(phoneOfEms(number, country)).toBe(expected);
    if (country !== null || number.startsWith('+')) expect(parsePhone(number, country)).toBe(expected);
  });
});

test.each([
  ['+351 912 345 678', null, '+351912345678'],
  ['912345678', 'PT', '+351912345678'],
  ['912345678', 'pt', '+351912345678'],
  ['912345678', null, null],
  // No numbering plan has it, but it may be new.
  ['+99912345678', null, '+99912345678'],
  ['N/A', 'PT', null],
])('the number %s of %s is %s', (number, country, expected) => {
  expect(e164(number, country)).toBe(expected);
});
