import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../local/folders.ts';

/** One step of a runbook, to be run as written. */
export type Step =
  { readonly kind: 'command'; readonly args: readonly string[] } | { readonly kind: 'sql'; readonly statement: string };

/**
 * The commands and statements under a heading of docs/operating.md, in order. A block without a language shows output
 * and is skipped.
 *
 * @param replace replaces words of the page by those of the test, for example an id.
 */
export function runbook(heading: string, replace: Readonly<Record<string, string>> = {}): Step[] {
  const page = readFileSync(join(projectFolder, 'docs', 'operating.md'), 'utf8');
  const [, after] = page.split(`\n### ${heading}\n`);
  if (after === undefined) throw new RangeError(`docs/operating.md has no heading ${heading}`);
  const [section = ''] = after.split(/\n###? /);
  return [...section.matchAll(/^ *```(sh|sql)\n(.*?)^ *```$/gms)].flatMap(([, language = '', block = '']) =>
    block.split('\n').flatMap((line) => stepIn(language, withReplaced(line, replace))),
  );
}

function stepIn(language: string, line: string): Step[] {
  const [text = ''] = line.trim().split(/\s+(?:#|--) /);
  if (text === '') return [];
  if (language === 'sql') return [{ kind: 'sql', statement: text }];
  const [npx, tool, ...args] = text.split(/\s+/);
  if (npx !== 'npx' || tool !== 'ems-sync') throw new RangeError(`no command of ems-sync: ${text}`);
  return [{ kind: 'command', args }];
}

function withReplaced(line: string, replace: Readonly<Record<string, string>>): string {
  return Object.entries(replace).reduce((text, [from, to]) => text.replaceAll(from, to), line);
}
