import { oneOf } from '../../sync/fields.ts';
import { EMAIL } from '../contact-fields.ts';
import { rowsOf, type Fields } from '../field-declaration.ts';
import { DAY, fieldKind, textIn, twoWayKind } from '../field-kinds.ts';
import { LINE, line, lineUpTo } from './line.ts';
import type { PersonForm } from './person-forms.ts';
import { phoneOfEms } from './phones.ts';
import { codeText, isSameName } from './texts.ts';

/** Where a user stores a field, and in which form. */
export interface PersonPlace {
  readonly in: 'user' | 'address';
  readonly name: string;
  readonly form: PersonForm;
}

/** Persons as RunSignup knows them, with the registrations through which they are edited. */
export const persons = rowsOf('Person', {
  registrations: { type: 'EventParticipant', where: 's.person_id = e.id' },
});

const CODE = twoWayKind(
  fieldKind<string | null>('code', (source) => codeText(line(source))),
  textIn,
);

/** A two-letter code, or a name whose case EMS keeps. */
const STATE = twoWayKind(CODE, (value, held) => {
  const told = textIn(value);
  return isSameName(codeText(held), told) ? (held ?? null) : told;
});

const GENDER = twoWayKind(
  fieldKind<string | null>('F, M or X', (source) => oneOf(source, { F: 'F', M: 'M', X: 'X' })),
  textIn,
);

const phone = persons.computed({
  columns: ['phone'],
  kind: 'phone number, as of the country',
  map: (row) => {
    const text = line(['phone', row.phone]);
    return text === null ? null : phoneOfEms(text, codeText(row.country));
  },
  apply: (value) => ({ phone: textIn(value) }),
});

const user = (name: string, form: PersonForm): PersonPlace => ({ in: 'user', name, form });
const address = (name: string, form: PersonForm): PersonPlace => ({ in: 'address', name, form });

/** The fields of a user. A new one needs only one more line: it is then read, compared and sent. */
export const personFields: Fields<'Person', typeof persons.sources, PersonPlace> = {
  firstName: persons.both(user('first_name', 'line'), persons.editable('firstName', LINE)),
  lastName: persons.both(user('last_name', 'line'), persons.editable('lastName', LINE)),
  email: persons.both(user('email', 'email'), persons.editable('email', EMAIL)),
  phone: persons.both(user('phone', 'phone'), phone),
  dateOfBirth: persons.both(user('dob', 'day'), persons.editable('dateOfBirth', DAY)),
  gender: persons.both(user('gender', 'gender'), persons.editable('gender', GENDER)),
  street: persons.both(address('street', 'line'), persons.editable('street', lineUpTo(512))),
  city: persons.both(address('city', 'line'), persons.editable('city', LINE)),
  state: persons.both(address('state', 'state'), persons.editable('region', STATE)),
  zipcode: persons.both(address('zipcode', 'line'), persons.editable('postalCode', LINE)),
  country: persons.both(address('country_code', 'code'), persons.editable('country', CODE)),
};
