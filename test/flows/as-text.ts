import { types } from 'node:util';

/**
 * All names and values of an answer of Temporal's, its bytes as text. Not by `JSON.stringify`, because the `toJSON` of a
 * message writes its bytes in base64, where no word can be found.
 */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (types.isUint8Array(value)) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .flatMap(([name, one]) => (typeof one === 'function' ? [] : [`${name}: ${asText(one)}`]))
    .join('\n');
}
