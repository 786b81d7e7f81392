import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** `<rules>-<fingerprint>`, for example `1-5f0c61d9a4b2`. Each record stores the version by which it was evaluated. */
export type MappingVersion = `${number}-${string}`;

/**
 * The version of a mapping: its declaration, and the number of its rules. A changed declaration (a field, a kind, a
 * filter) changes the fingerprint automatically. Code inside functions is not part of it: raise `rules` when such code
 * changes. A test compares the results of mappings for sample rows (test/targets/mapping-content.test.ts), so that this
 * is not forgotten.
 *
 * @param rules raised when a function of the mapping gives another result for the same row.
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
