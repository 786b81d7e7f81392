import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';
import { MUTANTS, mutantTable } from '../mutants/list.ts';

const read = (path: string) => readFileSync(join(projectFolder, path), 'utf8');

test.each(MUTANTS)('$name: occurs once in the program, and its test is there', ({ file, find, replace, test: by }) => {
  expect(read(file).split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  expect(existsSync(join(projectFolder, 'test', `${by}.test.ts`))).toBe(true);
});

test('every point from 1 to 40 has one, and docs/pitfalls.md lists them', () => {
  const points = new Set(MUTANTS.flatMap(({ point }) => point ?? []));
  expect([...points].toSorted((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  expect(read('docs/pitfalls.md')).toContain(mutantTable());
});
