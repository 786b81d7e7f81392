import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../local/folders.ts';
import LongestFirst from './longest-first.ts';

const seconds = JSON.parse(readFileSync(join(projectFolder, 'test/file-seconds.json'), 'utf8')) as Record<
  string,
  number
>;
const at = (name: string) => ({ path: join(projectFolder, name) });
const names = (files: readonly { readonly path: string }[]) =>
  files.map(({ path }) => path.slice(projectFolder.length + 1));
const sequencer = new LongestFirst();
const [longest = '', next = ''] = Object.keys(seconds).toSorted((a, b) => (seconds[b] ?? 0) - (seconds[a] ?? 0));

describe('the order of test files', () => {
  test('is the longest first, then those without a measured time by name', () => {
    const files = ['test/b.test.ts', next, 'test/a.test.ts', longest].map(at);
    expect(names(sequencer.sort(files))).toEqual([longest, next, 'test/a.test.ts', 'test/b.test.ts']);
  });

  test('gives each of several machines a part of them, and every file to one', () => {
    const files = [longest, 'test/a.test.ts', next].map(at);
    const shards = [1, 2].map((shardIndex) => names(sequencer.shard(files, { shardIndex, shardCount: 2 })));
    expect(shards).toEqual([[longest, 'test/a.test.ts'], [next]]);
  });

  test('is kept for files that exist', () => {
    expect(Object.keys(seconds).filter((name) => !existsSync(join(projectFolder, name)))).toEqual([]);
    expect(Object.keys(seconds)).not.toEqual([]);
  });
});
