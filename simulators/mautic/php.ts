/** PHP's arrays, queries and conversions, as far as Mautic's answers show them. */

/** A PHP array: list and map at once, in order of insertion. */
export class PhpArray {
  readonly entries: readonly (readonly [string | number, unknown])[];

  constructor(entries: readonly (readonly [string | number, unknown])[]) {
    this.entries = entries;
  }

  /** True if the keys are 0 to n-1 in order, so also for an empty array. */
  get isList(): boolean {
    return this.entries.every(([key], index) => String(key) === String(index));
  }

  /** For serialisers other than `phpEncode`: they lose the order of integer-like keys. */
  toJSON(): unknown {
    return this.isList ? this.entries.map(([, value]) => value) : Object.fromEntries(this.entries);
  }
}

const escaped = (text: string): string =>
  JSON.stringify(text)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Like json_encode: escapes "/" and all non-ASCII characters, keeps arrays in their own order, omits undefined. */
export function phpEncode(value: unknown): string {
  if (typeof value === 'string') return escaped(value);
  if (value instanceof PhpArray) {
    return value.isList ? phpEncode(value.entries.map(([, item]) => item)) : encodedMap(value.entries);
  }
  if (Array.isArray(value)) return `[${value.map((item) => phpEncode(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) return encodedMap(Object.entries(value));
  return JSON.stringify(value) ?? 'null';
}

const encodedMap = (entries: readonly (readonly [string | number, unknown])[]): string =>
  `{${entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${escaped(String(key))}:${phpEncode(value)}`)
    .join(',')}}`;

/**
 * A query or form with its brackets parsed: `where[0][col]=x` is `{ where: { 0: { col: 'x' } } }`; the last duplicate
 * wins.
 */
export interface PhpQuery {
  [key: string]: string | PhpQuery;
}

export function phpQuery(text: string): PhpQuery {
  const query: PhpQuery = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const keys = [name.replace(/\[.*$/s, ''), ...[...name.matchAll(/\[([^\]]*)\]/g)].map(([, key]) => key ?? '')];
    let at = query;
    for (const [depth, key] of keys.entries()) {
      const actual = key === '' ? String(Object.keys(at).length) : key;
      const below = at[actual];
      if (depth === keys.length - 1) at[actual] = value;
      else if (typeof below === 'object') at = below;
      else at = at[actual] = {};
    }
  }
  return query;
}

export const truthy = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== false && value !== 0 && value !== '' && value !== '0';

/** `(string) $value`; an array becomes an empty text. */
export const phpText = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return value === true ? '1' : '';
};

/** `(int) $value`. */
export const toInt = (value: unknown): number => Math.trunc(Number.parseFloat(phpText(value))) || 0;

/** `is_numeric($value)`: a number or a numeric text. */
export const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' ||
  (typeof value === 'string' && /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value));

/** `2026-09-01T10:00:00+00:00`: whole seconds, UTC. */
export const isoOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+00:00`;

/** As in the database: `2026-09-01 10:00:00`, UTC. */
export const columnTime = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
