import { cleanEmail, cleanText } from './clean.ts';
import { convertValue } from './convert-value.ts';
import type { Mautic } from './mautic.ts';
import { isNumeric, phpText, toInt, truthy } from './php.ts';
import type { Contact, Field } from './records.ts';
import type { FieldErrors } from './refusal.ts';
import { identifierKey } from './store.ts';

/** The values sent for one contact, flat, unknown keys included. */
export type Sent = Readonly<Record<string, unknown>>;

export interface Manner {
  /** The method of the request. */
  readonly http: 'POST' | 'PATCH' | 'PUT';
  /** The method with which the form is submitted: a batch's POST is a PATCH for an existing contact. */
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

/**
 * The identifiers that were sent, cleaned for the lookup; empty ones are left out, "0" included, which PHP treats as
 * empty.
 */
export const identifiersIn = (mautic: Mautic, sent: Sent): readonly (readonly [alias: string, value: string])[] =>
  uniqueFields(mautic).flatMap(({ alias, type }) => {
    const value = sent[alias];
    const clean = type === 'email' ? cleanEmail(phpText(value)) : cleanText(phpText(value));
    return clean === '' || clean === '0' ? [] : [[alias, clean] as const];
  });

/** The contacts that have any of the identifiers (or all, depending on the setting), newest first. */
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

/** Identifiers that another contact has, too. Only version 5 checks this. */
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
 * Applies what was sent for a contact (undefined = a new one) to the form. Blank and zero follow Mautic's rules: a
 * blank is ignored unless `overwriteWithBlank` is set; a number whose integer part is 0 is ignored except in a PUT; an
 * absent value counts as blank except in a PATCH.
 */
export function submit(mautic: Mautic, sent: Sent, contact: Contact | undefined, { http, form }: Manner): Submitted {
  const overwrite = http === 'PUT' || truthy(sent['overwriteWithBlank']);
  const errors: Record<string, readonly string[]> = {};
  const values = new Map(Object.entries(contact?.values ?? {}));
  const changed: string[] = [];

  for (const field of publishedFields(mautic)) {
    const { alias } = field;
    const before = contact?.values[alias] ?? null;
    // A PATCH that blanks a field resets it to its default.
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
