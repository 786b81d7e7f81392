import { expect, test } from '@jest/globals';
import { isOverloaded } from '../../targets/json-shape.ts';

const MIB = 2 ** 20;

const list = (values: number) => `[${'0,'.repeat(values - 1)}0]`;
const levels = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test('values beyond one in twenty bytes of the longest answer are too many', () => {
  expect(isOverloaded(list(20_000), 400_000)).toBe(false);
  expect(isOverloaded(list(20_002), 400_000)).toBe(true);
});

test('a hundred levels are no problem, more are', () => {
  expect(isOverloaded(levels(100), MIB)).toBe(false);
  expect(isOverloaded(levels(101), MIB)).toBe(true);
  expect(isOverloaded('{"a":'.repeat(101), MIB)).toBe(true);
});

test('what stands in a text does not count, also after escaped quotes and backslashes', () => {
  const text = JSON.stringify({ a: '[{,"\\'.repeat(20_000), '[[': '\\' });
  expect(isOverloaded(text, MIB)).toBe(false);
});

test('as many as real answers have are no problem', () => {
  const contact = { id: 47, firstname: 'Ana', dateModified: '2027-05-01T09:00:00+00:00', tags: [{ tag: 'ems' }] };
  expect(isOverloaded(JSON.stringify(Array.from({ length: 50_000 }, () => contact)), 10 * MIB)).toBe(false);
});
