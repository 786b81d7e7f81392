import { cleanEmail, cleanText } from './clean.ts';
import { convertValue } from './convert-value.ts';
import type { Mautic } from './mautic.ts';
import { isNumeric, phpText, toInt, truthy } from './php.ts';
import type { Contact, Field } from './records.ts';
import type { FieldErrors } from './refusal.ts';
import { identifierKey } from './store.ts';

/** What was sent for one contact, flat, keys unknown to Mautic among it. */
export type Sent = Readonly<Record<string, unknown>>;

export interface Manner {
  /** Of the request itself. */
  readonly http: 'POST' | 'PATCH' | 'PUT';
  /** As what the form is submitted: a batch's POST is a PATCH for a contact that exists. */
  readonly form: 'POST' | 'PATCH' | 'PUT';
}

export type Submitted =
  | { readonly kind: 'valid'; readonly values: Contact['values']; readonly changed: readonly string[] }
  | { readonly kind: 'invalid'; readonly status: 400 | 422; readonly errors: FieldErrors };

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

export const publishedFields = ({ store }: Mautic): readonly Field[] =>
  store.fields.all().filter(({ isPublished }) => isPublished);

const uniqueFields = (mautic: Mautic): readonly Field[] =>
  publishedFields(mautic).filter(({ isUniqueIdentifier }) => isUniqueIdentifier);

/** What identifies the contact, as it is looked up: cleaned, the empty (and "0", which PHP finds empty) left out. */
export const identifiersIn = (mautic: Mautic, sent: Sent): readonly (readonly [alias: string, value: string])[] =>
  uniqueFields(mautic).flatMap(({ alias, type }) => {
    const value = sent[alias];
    const clean = type === 'email' ? cleanEmail(phpText(value)) : cleanText(phpText(value));
    return clean === '' || clean === '0' ? [] : [[alias, clean] as const];
  });

/** Who has any of the identifiers (or all of them, by setting); the newest first. */
export function contactsIdentifiedBy(mautic: Mautic, sent: Sent): Contact[] {
  const { store, settings } = mautic;
  const found = identifiersIn(mautic, sent).map(([alias, value]) =>
    store.contacts.by('value', identifierKey(alias, value)),
  );
  const all = settings.uniqueIdentifiersOperator === 'AND';
  const ids = new Set(found.flat().map(({ id }) => id));
  const kept = [...ids].filter((id) => !all || found.every((some) => some.some((one) => one.id === id)));
  return kept
    .flatMap((id) => store.contacts.find(id) ?? [])
    .toSorted((left, right) => second(right.dateAdded) - second(left.dateAdded) || right.id - left.id);
}

const second = (ms: number): number => Math.floor(ms / 1_000);

/** Identifiers in what was sent that somebody else has, too. Only a Mautic of version 5 looks. */
function taken(mautic: Mautic, sent: Sent, id: number | undefined): FieldErrors {
  if (mautic.settings.version === '4') return {};
  const errors = identifiersIn(mautic, sent)
    .filter(([alias, value]) =>
      mautic.store.contacts.by('value', identifierKey(alias, value)).some((other) => other.id !== id),
    )
    .map(([alias]) => [alias, ['This field must be unique.']] as const);
  return Object.fromEntries(errors);
}

/**
 * What the form makes of what was sent for a contact (undefined = a new one). Blank and zero follow Mautic's rules: a
 * blank is ignored unless `overwriteWithBlank`; a number whose integer part is 0 is ignored unless by PUT; what was left
 * out counts as blank unless by PATCH.
 */
export function submit(mautic: Mautic, sent: Sent, contact: Contact | undefined, { http, form }: Manner): Submitted {
  const overwrite = http === 'PUT' || truthy(sent['overwriteWithBlank']);
  const errors: Record<string, readonly string[]> = {};
  const values = new Map(Object.entries(contact?.values ?? {}));
  const changed: string[] = [];

  for (const field of publishedFields(mautic)) {
    const { alias } = field;
    const before = contact?.values[alias] ?? null;
    // A PATCH that blanks a field, too, makes it what it is by default.
    const isEmpty = http === 'PATCH' ? Object.hasOwn(sent, alias) : before === null;
    const useDefault = isEmpty && isBlank(sent[alias]) && field.defaultValue !== null;
    const raw = useDefault ? field.defaultValue : sent[alias];
    if (raw === undefined && form === 'PATCH') continue;
    const converted = convertValue(field, raw, mautic.settings);
    if (converted.kind === 'wrong') errors[alias] = converted.messages;
    if (converted.kind !== 'value') continue;
    const { value } = converted;
    if (http !== 'PUT' && isNumeric(value) && toInt(value) === 0) continue;
    if (value === null && !overwrite) continue;
    if (value === before) continue;
    if (value === null) values.delete(alias);
    else values.set(alias, value);
    changed.push(alias);
  }

  const unique = taken(mautic, sent, contact?.id);
  if (Object.keys(errors).length + Object.keys(unique).length > 0) {
    return { kind: 'invalid', status: Object.keys(unique).length > 0 ? 422 : 400, errors: { ...errors, ...unique } };
  }
  return { kind: 'valid', values: Object.fromEntries(values), changed };
}
