/** Whether PostgreSQL can store a text: it contains neither NUL nor a lone surrogate (invalid in UTF-8). */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
