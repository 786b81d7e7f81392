/** Text as it can be compared across systems: NFC, one blank between words, nothing around; nothing left is null. */
export function plainText(text: string | null | undefined): string | null {
  return text?.normalize('NFC').replaceAll(/\s+/gu, ' ').trim() || null;
}

/** An e-mail address, which systems keep in any case. */
export function plainEmail(email: string | null | undefined): string | null {
  return plainText(email)?.toLowerCase() ?? null;
}
