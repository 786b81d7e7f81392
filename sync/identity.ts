import canonicalize from 'canonicalize';
import { canonicalForm, type FieldValue } from './canonical-form.ts';
import { keyedHash, textOf, type SecretKey } from './keyed-hash.ts';
import { isReadable, isSecretHashOf } from './secret-hash.ts';

/** How a row's value compares with its known value. `unknown`: one of them is missing. */
export type Agreement = 'equal' | 'different' | 'unknown';

/** Columns that identify a row. It is the same row if all columns of at least one group are unchanged. */
export type IdentityGroups = readonly (readonly string[])[];

/** A short keyed hash of each identifying value of a row, by column; columns without a value are omitted. */
export type Fingerprint = Readonly<Record<string, string>>;

/** An ordinary edit changes one column, or leaves one group unchanged. */
const COLUMNS_OF_AN_EDIT = 1;

/** Long enough to distinguish two values; the record has one per identifying column. */
export const HASH_DIGITS = 16;

/** The prefix of the reason of a pair parked because its row is not the one that was delivered. */
const GIVEN_OUT_AGAIN = 'id given out again';

/**
 * Whether a row differs from the one known under its id: no identifying group agrees. An EMS id alone is not proof
 * (rule 16), because a restored database reuses ids.
 *
 * @param differing how many columns must differ; by default an edit of one column is allowed.
 */
export function isAnother(
  groups: IdentityGroups,
  agreement: (column: string) => Agreement,
  differing: number = COLUMNS_OF_AN_EDIT + 1,
): boolean {
  if (groups.some((group) => group.every((column) => agreement(column) === 'equal'))) return false;
  const columns = new Set(groups.flat());
  return [...columns].filter((column) => agreement(column) === 'different').length >= differing;
}

/** @throws RangeError if there is no key. */
export function fingerprintOf(values: Readonly<Record<string, FieldValue>>, keys: readonly SecretKey[]): Fingerprint {
  return Object.fromEntries(
    Object.entries(values).flatMap(([column, value]) =>
      canonicalForm(value) === null ? [] : [[column, shortHash(column, value, keys)]],
    ),
  );
}

/** Compares a row's values with a fingerprint made with any of the keys. */
export function agreementWith(
  fingerprint: Fingerprint,
  values: Readonly<Record<string, FieldValue>>,
  keys: readonly SecretKey[],
): (column: string) => Agreement {
  return (column) => {
    const stored = fingerprint[column];
    if (stored === undefined || !isReadable(stored, keys) || canonicalForm(values[column]) === null) return 'unknown';
    const text = textOf(hashedName(column), values[column]);
    return isSecretHashOf(stored, { purpose: 'identity', text, keys, digits: HASH_DIGITS }) ? 'equal' : 'different';
  };
}

/** Compares two sets of values by column, or by the target's names of its fields. */
export function agreementBetween(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): (column: string) => Agreement {
  return (column) => {
    const [one, other] = [comparable(left[column]), comparable(right[column])];
    if (one === null || other === null) return 'unknown';
    return one === other ? 'equal' : 'different';
  };
}

function comparable(value: unknown): string | null {
  const form = canonicalForm(value as FieldValue);
  if (form === null) return null;
  return typeof form === 'string' ? form.toLowerCase() : (canonicalize(form) ?? null);
}

function shortHash(column: string, value: FieldValue, keys: readonly SecretKey[]): string {
  return keyedHash(hashedName(column), value, keys, { digits: HASH_DIGITS });
}

/** Differs from the name of a field in a base, so that the two cannot be compared. */
export const hashedName = (column: string) => `identity of ${column}`;

/** The reason of a pair parked because its row is not the one that was delivered. */
export function givenOutAgain({ type, key }: { readonly type: string; readonly key: string }): string {
  const remedy = `npx ems-sync adopt ${type} ${key} if it is the same, start-anew ${type} ${key} if it is another one`;
  return `${GIVEN_OUT_AGAIN}: nothing of the row agrees with what this id stood for. Nothing is written on either side: ${remedy}`;
}
