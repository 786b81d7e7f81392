/** RunSignup keeps a bib as a number, so `007` is `7` on both sides; undefined: it is none that could be kept. */
export function canonicalBib(text: string): string | undefined {
  return /^\d{1,15}$/.test(text) ? String(Number(text)) : undefined;
}
