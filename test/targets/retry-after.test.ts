import { describe, expect, test } from '@jest/globals';
import { retryAfterMs } from '../../targets/retry-after.ts';

describe('Retry-After', () => {
  const now = Date.parse('2027-05-15T07:30:00Z');
  test.each<[string, string | undefined, number | undefined]>([
    ['seconds', '120', 120_000],
    ['no seconds', '0', 0],
    ['blanks around it', ' 7 ', 7_000],
    ['a fraction, as some servers send it', '0.5', 500],
    ['a date', 'Sat, 15 May 2027 07:31:30 GMT', 90_000],
    ['the older form of a date', 'Saturday, 15-May-27 07:31:30 GMT', 90_000],
    ['the very moment', 'Sat, 15 May 2027 07:30:00 GMT', 0],
    ['more than a day: a day', '100000', 86_400_000],
    ['a date years ahead: a day', 'Wed, 15 May 2047 07:30:00 GMT', 86_400_000],
    ['a date that is over', 'Sat, 15 May 2027 07:29:59 GMT', undefined],
    ['none', undefined, undefined],
    ['nothing in it', '  ', undefined],
    ['below zero', '-5', undefined],
    ['a word', 'soon', undefined],
    ['words in which a date can be found', 'in May 2099', undefined],
    ['a hexadecimal number', '0x10', undefined],
    ['a power of ten', '1e3', undefined],
    ['no finite number', 'Infinity', undefined],
    ['a day that does not exist', 'Sat, 99 May 2027 07:31:30 GMT', undefined],
  ])('%s', (_, header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});
