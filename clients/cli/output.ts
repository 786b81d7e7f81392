import { visible, visibleJson, visibleLines } from '../visible-text.ts';
import { columns } from './columns.ts';

export type Cell = string | number | null;

/** Writes one line to standard output, with every character visible. */
export function say(line: string): void {
  process.stdout.write(`${visible(line)}\n`);
}

/** Writes a table or other text with line breaks of our own. Its values went through {@link visible}. */
export function sayBlock(text: string): void {
  process.stdout.write(`${visibleLines(text)}\n`);
}

/** Writes one line to standard error, with every character visible. */
export function complain(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}

export function sayJson(value: unknown): void {
  process.stdout.write(`${visibleJson(value)}\n`);
}

/** A table as text: numbers right-aligned, a dash for missing values, no lines and no colours (it is piped and pasted). */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width?: number): string {
  const right = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const text = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? visible(cell) : `${cell ?? '-'}`)));
  return columns([head, ...text], right, width);
}

/** An age in the largest unit that fits: `45 s`, `12 min`, `3 h`, `2 d`. */
export function age(seconds: number | null): string | null {
  if (seconds === null) return null;
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
