import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectFolder } from '../../local/folders.ts';

/** A code block that names its file: the whole file (`ts`) or a change to it (`diff`). */
export interface PageBlock {
  readonly kind: 'ts' | 'diff';
  readonly file: string;
  /** The section of the page it belongs to; empty: the first. */
  readonly step: string;
  readonly code: string;
}

export function blocksOf(page: string): readonly PageBlock[] {
  const text = readFileSync(join(projectFolder, 'docs', page), 'utf8');
  const blocks = text.matchAll(/^```(ts|diff) file=(\S+)(?: step=(\S+))?\n(.*?)^```$/gms);
  return [...blocks].map(([, kind, file = '', step = '', code = '']) => ({
    kind: kind === 'diff' ? 'diff' : 'ts',
    file,
    step,
    code,
  }));
}

/** Applies these blocks to the folder as a reader would. @returns the changed files. */
export function apply(blocks: readonly PageBlock[], folder: string): readonly string[] {
  for (const { kind, file, code } of blocks) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, kind === 'ts' ? code : changed(readFileSync(path, 'utf8'), code, file));
  }
  return [...new Set(blocks.map(({ file }) => join(folder, file)))];
}

/** @throws Error unless the removed lines and their context occur in the text exactly once. */
function changed(text: string, diff: string, file: string): string {
  const lines = diff.replace(/\n$/, '').split('\n');
  const side = (left: string) =>
    lines
      .filter((line) => line === '' || line.startsWith(' ') || line.startsWith(left))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const [before, ...after] = text.split(side('-'));
  if (before === undefined || after.length !== 1) {
    throw new Error(`${file}: what this diff changes is there ${after.length} times, not once:\n${diff}`);
  }
  return [before, ...after].join(side('+'));
}
