/** A terminal that tells no width, and a pipe. */
const USUAL_WIDTH = 80;

const BETWEEN = '  ';

/** A last column that is narrower than this is hard to read: then the line is longer. */
const NARROWEST = 20;

/** The width that a table may have. */
export const outputWidth = (): number => process.stdout.columns ?? USUAL_WIDTH;

/**
 * Aligns cells in columns, with blanks between them and no lines, so that `grep`, `awk` and `cut` read it. A last column that
 * does not fit goes on in the lines below.
 *
 * @param right the columns that are aligned to the right.
 */
export function columns(
  rows: readonly (readonly string[])[],
  right: readonly boolean[],
  width = outputWidth(),
): string {
  const last = right.length - 1;
  const widths = right.map((_, at) => Math.max(0, ...rows.map((row) => lengthOf(row[at] ?? ''))));
  const before = widths.slice(0, last).reduce((sum, one) => sum + one + BETWEEN.length, 0);
  const room = right[last] === true ? Infinity : Math.max(NARROWEST, width - before);
  return rows
    .flatMap((row) => {
      const [first = '', ...more] = wrapped(row[last] ?? '', room);
      const cells = [...row.slice(0, last), first].map((cell, at) => {
        if (right[at] === true) return cell.padStart(cell.length + (widths[at] ?? 0) - lengthOf(cell));
        return at === last ? cell : cell.padEnd(cell.length + (widths[at] ?? 0) - lengthOf(cell));
      });
      return [cells.join(BETWEEN).trimEnd(), ...more.map((rest) => `${' '.repeat(before)}${rest}`)];
    })
    .join('\n');
}

const lengthOf = (text: string) => Array.from(text).length;

/** Breaks between words; a longer word stays whole. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && lengthOf(line) + 1 + lengthOf(word) <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
