import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** `<rules>-<fingerprint>`, for example `1-5f0c61d9a4b2`. Records keep the one that they were judged by. */
export type MappingVersion = `${number}-${string}`;

/**
 * The version of a mapping: what it declares, and the number of its rules. A changed declaration (a field, a kind, a filter)
 * has another fingerprint by itself. What is inside a function shows in none: `rules` goes up with it, and a test compares
 * what mappings make of sample rows (test/targets/mapping-content.test.ts), so that it is not forgotten.
 *
 * @param rules raised when a function of the mapping makes something else of the same row.
 * @param declared values as JSON has them; functions are left out. White space in texts (SQL) does not count.
 */
export function mappingVersion(rules: number, declared: unknown): MappingVersion {
  const text = JSON.stringify(declared, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/\s+/gu, ' ').trim() : value,
  );
  const fingerprint = createHash('sha256')
    .update(canonicalize(JSON.parse(text)) ?? '')
    .digest('hex');
  return `${rules}-${fingerprint.slice(0, 12)}`;
}
