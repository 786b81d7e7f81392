import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';

/** Long enough that quadratic time takes seconds and linear time a fraction of a millisecond. */
const LENGTH = 30_000;
const MOST_MS = 200;

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression literal in a file. */
function patternsIn(file: string): readonly Pattern[] {
  const found: Pattern[] = [];
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Reflect.get(node, 'type') === 'RegExpLiteral') {
      found.push({ source: String(Reflect.get(node, 'pattern')), flags: String(Reflect.get(node, 'flags')) });
    }
    for (const part of Object.values(node)) look(part);
  };
  look(parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript' }));
  return found;
}

/**
 * Texts that repeat a character of the pattern, or one of each class, and end in a character that few patterns accept.
 */
function attacksOn({ source }: Pattern): readonly string[] {
  const characters = new Set(`${source}aZ0 _-@<&+/.,\n\t`);
  return [...characters].flatMap((one) => ['', '\u0001'].map((end) => one.repeat(LENGTH) + end));
}

/**
 * The time of the first slow text, or of the slowest. Slow ones are measured again, because the machine may be busy.
 */
function slowestMs(pattern: Pattern): number {
  const timed = (text: string) => {
    const before = performance.now();
    text.replaceAll(new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`), '');
    return performance.now() - before;
  };
  let slowest = 0;
  for (const text of attacksOn(pattern)) {
    const first = timed(text);
    slowest = Math.max(slowest, first < MOST_MS ? first : Math.min(first, timed(text)));
    if (slowest >= MOST_MS) break;
  }
  return slowest;
}

const files = ['targets', 'sync']
  .flatMap((folder) => readdirSync(join(projectFolder, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name));

const patterns = new Map(
  files.flatMap((file) => patternsIn(file).map((pattern) => [`/${pattern.source}/${pattern.flags}`, pattern])),
);

describe('a pattern over texts of remotes or of EMS takes linear time', () => {
  test('there are such patterns', () => {
    expect(patterns.size).toBeGreaterThan(30);
  });

  test.each([...patterns])('%s', (_, pattern) => {
    expect(slowestMs(pattern)).toBeLessThan(MOST_MS);
  });

  test.each(['\\S*@\\S*', '\\/+$'])('which /%s/ does not', (source) => {
    expect(slowestMs({ source, flags: '' })).toBeGreaterThan(MOST_MS);
  });
});
