import { expect, test } from '@jest/globals';
import { memoryFolder } from './memory-folder.ts';
import { projectFolder } from '../local/folders.ts';

const PLENTY = (): number => 2 ** 40;

test.each([
  ['a folder that does not exist', '/nowhere/at/all', PLENTY],
  ['a folder on a disk', projectFolder, PLENTY],
  ['a machine with little memory', undefined, () => 2 ** 32],
])('%s is not used', (_, folder, memory) => {
  expect(memoryFolder(folder, memory)).toBeUndefined();
});
