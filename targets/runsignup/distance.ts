const METRES: Readonly<Record<string, number>> = {
  k: 1_000,
  km: 1_000,
  kms: 1_000,
  kilometer: 1_000,
  kilometers: 1_000,
  kilometre: 1_000,
  kilometres: 1_000,
  m: 1,
  meter: 1,
  meters: 1,
  metre: 1,
  metres: 1,
  mi: 1_609.344,
  mile: 1_609.344,
  miles: 1_609.344,
  yd: 0.9144,
  yard: 0.9144,
  yards: 0.9144,
};

/** A marathon is 42.195 km by rule; half of it is rounded up. */
const NAMED: Readonly<Record<string, number>> = {
  marathon: 42_195,
  'full marathon': 42_195,
  'half marathon': 21_098,
  'half-marathon': 21_098,
};

const QUANTITY = /^(?<number>\d{1,7}(?:\.\d{1,6})?|\.\d{1,6})\s*(?<unit>[a-z]+)\.?$/;

/**
 * "10K", "13.1 Miles", "Half Marathon" in whole metres; undefined for an unknown form, in which case EMS keeps its
 * value.
 */
export function parseDistance(text: string): number | undefined {
  const words = text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(?<=\d),(?=\d{3}\b)/g, '');
  if (Object.hasOwn(NAMED, words)) return NAMED[words];
  const { number, unit } = QUANTITY.exec(words)?.groups ?? {};
  if (number === undefined || unit === undefined || !Object.hasOwn(METRES, unit)) return undefined;
  const metres = Math.round(Number(number) * (METRES[unit] ?? 0));
  return metres > 0 ? metres : undefined;
}

/** Metres as RunSignup users write them: `10K`, `42.195K`. {@link parseDistance} reads the same number back. */
export function formatDistance(metres: number): string {
  return `${metres / 1_000}K`;
}
