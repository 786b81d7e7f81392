import type { Rng } from './rng.ts';

export interface BlemishRates {
  /** Probability of `null`. */
  readonly missing?: number;
  /** Probability of `''` or only blanks. */
  readonly empty?: number;
  /** Probability of blanks around the value. */
  readonly padded?: number;
}

/** An optional value as forms and imports leave it: sometimes missing, empty or padded with blanks. */
export function blemish(
  rng: Rng,
  value: string,
  { missing = 0.06, empty = 0.02, padded = 0.02 }: BlemishRates = {},
): string | null {
  const roll = rng();
  if (roll < missing) return null;
  if (roll < missing + empty) return roll < missing + empty / 2 ? '' : '  ';
  if (roll < missing + empty + padded) return roll < missing + empty + padded / 2 ? ` ${value} ` : `${value}  `;
  return value;
}
