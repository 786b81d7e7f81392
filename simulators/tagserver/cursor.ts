import { Problem } from './problem.ts';

/** Opaque to clients: the kind of page it continues, and the position. */
export const writeCursor = (kind: 'list' | 'changes', after: string): string =>
  Buffer.from(`${kind}:${after}`).toString('base64url');

/** Throws Problem `cursor-invalid` for anything that `writeCursor` did not produce. */
export function readCursor(kind: 'list' | 'changes', cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const after = text.slice(kind.length + 1);
  const wellFormed = kind === 'changes' ? /^\d{1,18}$/.test(after) : after !== '';
  if (!wellFormed || writeCursor(kind, after) !== cursor) {
    throw new Problem('cursor-invalid', 'The cursor was not handed out by this server; start again without one.');
  }
  return after;
}
