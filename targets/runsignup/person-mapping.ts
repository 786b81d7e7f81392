import { calendarDate, oneOf, type Source } from '../../sync/fields.ts';
import { emailAddress } from '../contact-fields.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { line } from './line.ts';
import { isLinked } from './linked.ts';
import { phoneOfEms } from './phones.ts';
import { codeText, textOf } from './texts.ts';

const dayOf = (value: string | null): Temporal.PlainDate | null =>
  value === null ? null : Temporal.PlainDate.from(value);

const code = ([column, value]: Source<string | null>): string | null => codeText(line([column, value]));

/** A RunSignup user: comes with its registrations, and is edited through one of them. */
export const personMapping = defineTwoWayMapping({
  type: 'Person',
  rules: 2,
  filter: isLinked('e.id', 'Person'),
  sources: { registrations: { type: 'EventParticipant', where: 's.person_id = e.id' } },
  mentions: (_, { registrations }) => registrations.map(({ id }) => ['EventParticipant', id] as const),
  fields: {
    firstName: {
      owner: 'both',
      map: (row) => line(['first_name', row.firstName]),
      apply: (name) => ({ firstName: textOf(name) }),
    },
    lastName: {
      owner: 'both',
      map: (row) => line(['last_name', row.lastName]),
      apply: (name) => ({ lastName: textOf(name) }),
    },
    email: {
      owner: 'both',
      map: (row) => emailAddress(['email', row.email]),
      apply: (email) => ({ email: textOf(email) }),
    },
    phone: {
      owner: 'both',
      map: (row) => {
        const phone = line(['phone', row.phone]);
        return phone === null ? null : phoneOfEms(phone, codeText(row.country));
      },
      apply: (phone) => ({ phone: textOf(phone) }),
    },
    dateOfBirth: {
      owner: 'both',
      map: (row) => calendarDate(['date_of_birth', row.dateOfBirth]),
      apply: (day) => ({ dateOfBirth: dayOf(textOf(day)) }),
    },
    gender: {
      owner: 'both',
      map: (row) => oneOf(['gender', row.gender], { F: 'F', M: 'M', X: 'X' }),
      apply: (gender) => ({ gender: textOf(gender) }),
    },
    street: {
      owner: 'both',
      map: (row) => line(['street', row.street], 512),
      apply: (street) => ({ street: textOf(street) }),
    },
    city: {
      owner: 'both',
      map: (row) => line(['city', row.city]),
      apply: (city) => ({ city: textOf(city) }),
    },
    state: {
      owner: 'both',
      map: (row) => code(['region', row.region]),
      apply: (state) => ({ region: textOf(state) }),
    },
    zipcode: {
      owner: 'both',
      map: (row) => line(['postal_code', row.postalCode]),
      apply: (zipcode) => ({ postalCode: textOf(zipcode) }),
    },
    country: {
      owner: 'both',
      map: (row) => code(['country', row.country]),
      apply: (country) => ({ country: textOf(country) }),
    },
  },
  match: (content) => [
    {
      email: textOf(content['email']),
      firstName: textOf(content['firstName']),
      lastName: textOf(content['lastName']),
      dateOfBirth: dayOf(textOf(content['dateOfBirth'])),
    },
  ],
  // Imports make new users: the newest is the one that RunSignup goes on with.
  newestRemoteWins: true,
  refuseCreate: (content) =>
    textOf(content['lastName']) === null && textOf(content['email']) === null
      ? 'has neither last name nor e-mail that this key may see'
      : null,
});
