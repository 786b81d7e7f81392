/** Normalises text for comparison: NFC, single blanks, trimmed; null if empty. */
export function plainText(text: string | null | undefined): string | null {
  return text?.normalize('NFC').replaceAll(/\s+/gu, ' ').trim() || null;
}

/** Normalises an e-mail address. Systems keep it in different case. */
export function plainEmail(email: string | null | undefined): string | null {
  return plainText(email)?.toLowerCase() ?? null;
}
