import { z } from 'zod';
import type { Chatwoot } from './chatwoot.ts';
import type { Attributes, Contact } from './records.ts';
import { type Invalidity, serverError } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';

/** Rails converts any scalar to text and ignores other values. */
const text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform((flag) => (flag ? 't' : 'f')), z.null()])
  .optional()
  .catch(undefined);

const attributes = z.record(z.string(), z.unknown()).optional().catch(undefined);

const flag = z
  .union([z.boolean(), z.string().transform((word) => !['false', '0', 'f', 'off', ''].includes(word))])
  .optional()
  .catch(undefined);

/** What a client may set. An absent property keeps its value, null clears it. */
export const contactValues = z.object({
  name: text,
  email: text,
  phone_number: text,
  identifier: text,
  blocked: flag,
  additional_attributes: attributes,
  custom_attributes: attributes,
});

export type ContactValues = z.output<typeof contactValues>;

/** The columns that a write sets; ChatWoot derives the rest. */
export type ContactColumns = Pick<
  Contact,
  | 'name'
  | 'email'
  | 'phone_number'
  | 'identifier'
  | 'blocked'
  | 'additional_attributes'
  | 'custom_attributes'
  | 'location'
  | 'country_code'
>;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Merges attributes key by key, one level deep; null is stored as JSON null. */
const laidOver = (before: Attributes, set: Attributes | undefined): Attributes =>
  set === undefined ? before : { ...before, ...set };

/**
 * Normalises the values as the server does: lower-cases the e-mail, turns a blank one into null, keeps everything else.
 */
export function columnsOf(values: ContactValues, before?: ContactColumns): ContactColumns {
  const email = values.email === undefined ? (before?.email ?? null) : values.email;
  const additional_attributes = laidOver(before?.additional_attributes ?? {}, values.additional_attributes);
  return {
    name: values.name === undefined ? (before?.name ?? '') : (values.name ?? ''),
    email: email === null || email.trim() === '' ? null : email.toLowerCase(),
    phone_number: values.phone_number === undefined ? (before?.phone_number ?? null) : values.phone_number,
    identifier: values.identifier === undefined ? (before?.identifier ?? null) : values.identifier,
    blocked: values.blocked ?? before?.blocked ?? false,
    additional_attributes,
    custom_attributes: laidOver(before?.custom_attributes ?? {}, values.custom_attributes),
    location: textOrNull(additional_attributes['city']),
    country_code: textOrNull(additional_attributes['country']),
  };
}

const blank = (value: string | null): boolean => value === null || value.trim() === '';
const EMAIL = /^[^@\s]+@[^@\s]+$/;
const PHONES: Readonly<Record<Settings['phoneFormat'], RegExp>> = {
  anchored: /^\+[1-9]\d{1,14}$/,
  ending: /\+[1-9]\d{1,14}$/,
};
const MAX_LENGTH = 255;
const LIMITED = { name: 'Name', email: 'Email', phone_number: 'Phone number', identifier: 'Identifier' } as const;

/** Validates the whole record, whichever part of it changes. */
export function invalidities(
  { store, settings }: Pick<Chatwoot, 'store' | 'settings'>,
  columns: ContactColumns,
  id?: number,
): Invalidity[] {
  const { email, identifier, phone_number } = columns;
  const others = (found: readonly Contact[]): boolean => found.some((contact) => contact.id !== id);
  const problems: Invalidity[] = [];
  if (email !== null) {
    if (others(store.contacts.by('email', email))) {
      problems.push({ attribute: 'email', message: 'Email has already been taken' });
    }
    if (!EMAIL.test(email)) problems.push({ attribute: 'email', message: 'Email Invalid email' });
  }
  if (!blank(identifier) && others(store.contacts.by('identifier', identifier))) {
    problems.push({ attribute: 'identifier', message: 'Identifier has already been taken' });
  }
  if (phone_number !== null && !blank(phone_number)) {
    if (others(store.contacts.by('phone', phone_number))) {
      problems.push({ attribute: 'phone_number', message: 'Phone number has already been taken' });
    }
    if (!PHONES[settings.phoneFormat].test(phone_number)) {
      problems.push({ attribute: 'phone_number', message: 'Phone number should be in e164 format' });
    }
  }
  for (const [attribute, label] of Object.entries(LIMITED)) {
    const value = columns[attribute as keyof typeof LIMITED];
    if (value !== null && Array.from(value).length > MAX_LENGTH) {
      problems.push({ attribute, message: `${label} is too long (maximum is ${MAX_LENGTH} characters)` });
    }
  }
  return problems;
}

/**
 * Checks the database's unique indexes: e-mail and identifier, but not phone. The index does not treat `""` as missing,
 * so a second `""` identifier violates it. Throws the 500 of an unhandled error.
 */
export function checkIndexes(store: Store, { email, identifier }: ContactColumns, id?: number): void {
  const taken = [...store.contacts.by('email', email), ...store.contacts.by('identifier', identifier)];
  if (taken.some((contact) => contact.id !== id)) throw serverError();
}
