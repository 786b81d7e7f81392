import { createHash } from 'node:crypto';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * RFC 8785: property names sorted by UTF-16 code units, no white space; strings and numbers in ECMAScript's notation,
 * which the RFC adopts. The strings must be well-formed Unicode.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  const members = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** The contract's `contentHash`: "sha256:" followed by 64 hexadecimal digits. */
export const contentHash = (content: Json): string =>
  `sha256:${createHash('sha256').update(canonicalJson(content)).digest('hex')}`;
