import { EMAIL as ADDRESS } from '../contact-fields.ts';
import { columnOf as columnAt, fieldsAt, type Fields, type Reading } from '../field-declaration.ts';
import { DAY, fieldKind } from '../field-kinds.ts';
import { COUNTRY } from './countries.ts';
import { LOCALE } from './locales.ts';
import { persons, phone, topics } from '../marketing-persons.ts';
import { consent, emailOf, events, plain } from './contact-values.ts';

/** A field of a contact; `check --fix` creates those with `setup`, the others exist in every Mautic. */
export interface ContactField {
  readonly in: 'fields';
  readonly alias: string;
  readonly setup?: { readonly label: string; readonly type: 'text' | 'textarea' };
}

/** Where Mautic stores a field: in the contact, or in separate records. */
export type ContactPlace = ContactField | { readonly in: 'do-not-contact' | 'segments' };

const PLAIN = fieldKind('text without markup', plain);

type PersonReading = Reading<'Person', typeof persons.sources>;

const field = (alias: string, reading: PersonReading, setup?: ContactField['setup']) =>
  persons.ems<ContactPlace>({ in: 'fields', alias, ...(setup && { setup }) }, reading);

/**
 * The fields of a contact, by their names in content. A new field needs only one more line: it is then set up, sent,
 * read back and compared.
 */
export const contactFields: Fields<'Person', typeof persons.sources, ContactPlace> = {
  firstname: field('firstname', persons.column('firstName', PLAIN)),
  lastname: field('lastname', persons.column('lastName', PLAIN)),
  email: field('email', persons.column('email', fieldKind(`${ADDRESS.name} that Mautic keeps whole`, emailOf))),
  mobile: field('mobile', phone),
  address1: field('address1', persons.column('street', PLAIN)),
  city: field('city', persons.column('city', PLAIN)),
  state: field('state', persons.column('region', PLAIN)),
  zipcode: field('zipcode', persons.column('postalCode', PLAIN)),
  country: field('country', persons.column('country', COUNTRY)),
  preferred_locale: field('preferred_locale', persons.column('language', LOCALE)),
  ems_birth_date: field('ems_birth_date', persons.column('dateOfBirth', DAY), {
    label: 'EMS date of birth',
    type: 'text',
  }),
  ems_events: field('ems_events', events, { label: 'EMS events', type: 'textarea' }),
  consent: persons.ems<ContactPlace>({ in: 'do-not-contact' }, consent),
  topics: persons.ems<ContactPlace>({ in: 'segments' }, topics),
};

/** The EMS id is in every body, but not in content. */
export const EMS_ID_FIELD = { alias: 'ems_person_id', label: 'EMS person id', type: 'text' } as const;

const named = fieldsAt(contactFields, (place): place is ContactField => place.in === 'fields');

/** The contact fields that EMS fills: the name in content, and Mautic's alias. */
export const ALIASES: readonly (readonly [name: string, alias: string])[] = named.map(([name, { alias }]) => [
  name,
  alias,
]);

/** Their names in content. */
export const FIELDS: readonly string[] = ALIASES.map(([name]) => name);

/** Fields that a new Mautic does not have. */
export const CUSTOM_FIELDS = named.flatMap(([, { alias, setup }]) =>
  setup === undefined ? [] : [{ alias, ...setup }],
);

/** The EMS columns of one of Mautic's aliases, as shown to operators; an alias that only Mautic knows is kept. */
export function columnOf(alias: string): string {
  return columnAt(contactFields, (place) => place.in === 'fields' && place.alias === alias) ?? alias;
}
