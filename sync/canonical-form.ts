/** What a mapping may produce for one field. A `Set` says that order and repetition carry no meaning. */
export type FieldValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | Temporal.Instant
  | Temporal.PlainDate
  | readonly FieldValue[]
  | ReadonlySet<FieldValue>
  | { readonly [field: string]: FieldValue };

export type CanonicalValue = string | number | boolean | null | CanonicalValue[] | { [field: string]: CanonicalValue };

/** Unicode NFC, without white space around it; nothing left is `null`. */
export function canonicalText(text: string | null | undefined): string | null {
  const trimmed = (text ?? '').normalize('NFC').trim();
  return trimmed === '' ? null : trimmed;
}

/**
 * The one notation of a value, so that equal content is equal text whatever made it: text in NFC and trimmed; empty,
 * missing and null are all absent; instants in UTC with microseconds; sets sorted; keys without a value left out.
 *
 * @throws RangeError for a number that JSON cannot carry (NaN, ±Infinity).
 */
export function canonicalForm(value: FieldValue): CanonicalValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return canonicalText(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'boolean') return value;
  if (value instanceof Temporal.Instant) return value.toString({ fractionalSecondDigits: 6, roundingMode: 'floor' });
  if (value instanceof Temporal.PlainDate) return value.toString();
  if (value instanceof Set) return canonicalSet(value);
  if (Array.isArray(value)) return value.map(canonicalForm);
  return canonicalObject(value as { readonly [field: string]: FieldValue });
}

function canonicalNumber(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no canonical form: JSON cannot carry it`);
  return value === 0 ? 0 : value;
}

function canonicalSet(values: ReadonlySet<FieldValue>): CanonicalValue {
  const byText = new Map<string, CanonicalValue>();
  for (const value of values) {
    const form = canonicalForm(value);
    if (form !== null) byText.set(JSON.stringify(form), form);
  }
  return byText.size === 0 ? null : [...byText.keys()].toSorted().map((text) => byText.get(text) ?? null);
}

function canonicalObject(fields: { readonly [field: string]: FieldValue }): CanonicalValue {
  const present = Object.keys(fields)
    .toSorted()
    .map((name) => [name.normalize('NFC'), canonicalForm(fields[name])] as const)
    .filter(([, form]) => form !== null);
  return present.length === 0 ? null : Object.fromEntries(present);
}
