/** RunSignup stores a bib as a number, so `007` is compared as `7` on both sides; undefined if it cannot be stored. */
export function canonicalBib(text: string): string | undefined {
  return /^\d{1,15}$/.test(text) ? String(Number(text)) : undefined;
}
