import { expect, test } from '@jest/globals';
import { columns } from '../../clients/cli/columns.ts';

const LONG = 'code: is not a hexadecimal code of 4 to 32 characters, and the target takes nothing else';

test('a last column that does not fit goes on below itself, and nothing is lost', () => {
  const rows = [
    ['entity', 'outcome', 'reason'],
    ['Tag/694', 'PARKED', LONG],
    ['Tag/7', 'IN_SYNC', ''],
  ];
  const text = columns(rows, [false, false, false], 60);
  const lines = text.split('\n');
  expect(lines[0]).toBe('entity   outcome  reason');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
  expect(lines[2]?.startsWith(' '.repeat('entity   outcome  '.length))).toBe(true);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(LONG);
  expect(lines.at(-1)).toBe('Tag/7    IN_SYNC');
});

test('numbers stand on the right, and no line ends with blanks or has anything but its cells', () => {
  const text = columns(
    [
      ['type', 'due', 'oldest'],
      ['Person', '12', '45 min'],
      ['Prüfung', '1', '-'],
    ],
    [false, true, false],
    80,
  );
  expect(text).toBe('type     due  oldest\nPerson    12  45 min\nPrüfung    1  -');
});

test('a narrow terminal does not squeeze the last column to nothing', () => {
  const text = columns([['a'.repeat(30), LONG]], [false, false], 20);
  expect(text.split('\n').every((line) => line.length <= 30 + 2 + 20)).toBe(true);
});
