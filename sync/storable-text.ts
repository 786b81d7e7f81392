/** Whether PostgreSQL can hold a text: it has neither NUL nor half a character (a lone surrogate is no UTF-8). */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
