/** Encodes nested values as PHP does: `data[merges][ADDRESS][city]=Porto`. Null and undefined become empty. */
export function formEncode(values: Readonly<Record<string, unknown>>): string {
  return pairsOf('', values)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

function pairsOf(prefix: string, value: unknown): (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[prefix, textOf(value)]];
  return Object.entries(value).flatMap(([key, inner]) => pairsOf(prefix === '' ? key : `${prefix}[${key}]`, inner));
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : value === true ? '1' : '';

const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
