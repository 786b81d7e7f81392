/** What a mapping may produce for one field. In a `Set`, order and repetition have no meaning. */
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

/** White space, and characters that show nothing by themselves (zero-width spaces and joiners, soft hyphens). */
const SHOWS_SOMETHING = /[^\s\p{Default_Ignorable_Code_Point}]/u;

/** Plain ASCII without spaces at its ends, as most texts are: it is in canonical form. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** Unicode NFC, trimmed; `null` if no visible character is left. */
export function canonicalText(text: string | null | undefined): string | null {
  if (text != null && PLAIN.test(text)) return text;
  const trimmed = (text ?? '').normalize('NFC').trim();
  return SHOWS_SOMETHING.test(trimmed) ? trimmed : null;
}

/**
 * The canonical notation of a value, so that equal content is equal text whatever produced it: text in NFC and trimmed;
 * empty, missing and null are all absent, as is an empty list or object; instants in UTC with microseconds; sets
 * sorted; keys without a value omitted.
 *
 * @throws RangeError for a number that JSON cannot represent (NaN, ±Infinity).
 */
export function canonicalForm(value: FieldValue): CanonicalValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return canonicalText(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'boolean') return value;
  if (value instanceof Temporal.Instant) return value.toString({ fractionalSecondDigits: 6, roundingMode: 'floor' });
  if (value instanceof Temporal.PlainDate) return value.toString();
  if (isSet(value)) return canonicalSet(value);
  if (isList(value)) return value.length === 0 ? null : value.map(canonicalForm);
  return canonicalObject(value);
}

const isSet = (value: object): value is ReadonlySet<FieldValue> => value instanceof Set;
const isList = (value: object): value is readonly FieldValue[] => Array.isArray(value);

function canonicalNumber(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no canonical form: JSON cannot carry it`);
  return value === 0 ? 0 : value;
}

function canonicalSet(values: ReadonlySet<FieldValue>): CanonicalValue {
  if (values.size < 2) {
    const [form = null] = Array.from(values, canonicalForm);
    return form === null ? null : [form];
  }
  const byText = new Map<string, CanonicalValue>();
  for (const value of values) {
    const form = canonicalForm(value);
    if (form !== null) byText.set(JSON.stringify(form), form);
  }
  return byText.size === 0 ? null : [...byText.keys()].toSorted().map((text) => byText.get(text) ?? null);
}

function canonicalObject(fields: { readonly [field: string]: FieldValue }): CanonicalValue {
  const present = Object.entries(fields)
    .map(([name, value]) => [name.normalize('NFC'), canonicalForm(value)] as const)
    .filter(([, form]) => form !== null)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  return present.length === 0 ? null : Object.fromEntries(present);
}
