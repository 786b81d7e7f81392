import type { Person } from '../../database/entities/index.ts';
import type { FieldValue } from '../../sync/canonical-form.ts';
import { text, Unmappable } from '../../sync/fields.ts';
import type { MatchCriterion } from '../inbound-mapping.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { emailAddress, joinedName, listOfNames, lowerCase, phoneNumber, splitName } from '../contact-fields.ts';

const email = (row: string) => `lower(btrim(${row}.email))`;
const hasEmail = (row: string) => `coalesce(btrim(${row}.email), '') <> ''`;
const hasPhone = (row: string) => `coalesce(btrim(${row}.phone), '') <> ''`;

/** Whom ChatWoot shall have: it can reach nobody else. `row` is the alias of a person in SQL. */
export const isReachable = (row: string) => `(${hasEmail(row)} OR ${hasPhone(row)})`;

/** A contact (architecture, mappings.md): ChatWoot knows each e-mail address and each phone number once. */
export const person = defineTwoWayMapping({
  type: 'Person',
  filter: isReachable('e'),
  sources: {
    club: { type: 'Organisation', where: 's.id = e.organisation_id' },
    events: {
      type: 'Event',
      where: 'EXISTS (SELECT FROM event_participant ep WHERE ep.person_id = e.id AND ep.event_id = s.id)',
    },
    // Persons with another e-mail address, or without one, and the same phone: only one contact can have it.
    samePhone: {
      type: 'Person',
      where: `s.phone = e.phone AND ${hasPhone('e')} AND s.id <> e.id
        AND coalesce(${email('s')}, '') <> coalesce(${email('e')}, '')`,
    },
  },
  sharing: {
    where: `(${email('s')} = ${email('e')} AND ${hasEmail('e')})
      OR (s.phone = e.phone AND ${hasPhone('e')} AND NOT ${hasEmail('s')} AND NOT ${hasEmail('e')})`,
    order: 's.date_of_birth NULLS LAST',
  },
  // Nobody says no at ChatWoot; but an address that was erased by command must not come back with another person.
  consent: {
    addresses: (row) => ({ email: row.email, sms: row.phone }),
    optOuts: () => [],
    whenRefused: 'send',
  },
  fields: {
    name: {
      owner: 'both',
      map: (row) => joinedName(row.firstName, row.lastName),
      apply: (value, row) => {
        const name = textOf(value);
        return row !== null && nameOf(row) === name ? {} : splitName(name);
      },
    },
    email: {
      owner: 'both',
      map: (row) => emailAddress(['email', row.email]),
      apply: (value) => ({ email: textOf(value) }),
    },
    phone_number: {
      owner: 'both',
      map: (row, { samePhone }) => {
        const phone = phoneNumber(['phone', row.phone], row.country);
        return samePhone.some((other) => comesBefore(other, row)) ? null : phone;
      },
      apply: (value) => ({ phone: textOf(value) }),
    },
    ems_events: {
      owner: 'ems',
      map: (_row, { events }) => listOfNames(events.map(({ name }) => name)),
    },
    ems_language: { owner: 'ems', map: (row) => text(['language', row.language]) },
    ems_club: { owner: 'ems', map: (_row, { club }) => text(['organisation.name', club[0]?.name]) },
  },
  match: (content): MatchCriterion[] => [
    { email: textOf(content['email']) },
    { phone: textOf(content['phone_number']) },
  ],
  refuseCreate: (content) =>
    textOf(content['email']) === null && textOf(content['phone_number']) === null
      ? 'has neither e-mail nor phone'
      : null,
});

const textOf = (value: FieldValue) => (typeof value === 'string' && value !== '' ? value : null);

/** What EMS holds may be too long to be sent; then it differs from whatever ChatWoot holds. */
function nameOf({ firstName, lastName }: Person): string | null | undefined {
  try {
    return joinedName(firstName, lastName);
  } catch (error) {
    if (error instanceof Unmappable) return undefined;
    throw error;
  }
}

/** Who gets the number: first those who would be unreachable without it, then the oldest, then the lowest id. */
function comesBefore(other: Person, row: Person): boolean {
  const [others, own] = [lowerCase(other.email) === null, lowerCase(row.email) === null];
  if (others !== own) return others;
  const [theirBirth, ownBirth] = [other.dateOfBirth, row.dateOfBirth];
  if (theirBirth === null || ownBirth === null) {
    if ((theirBirth === null) !== (ownBirth === null)) return ownBirth === null;
    return BigInt(other.id) < BigInt(row.id);
  }
  const older = Temporal.PlainDate.compare(theirBirth, ownBirth);
  return older === 0 ? BigInt(other.id) < BigInt(row.id) : older < 0;
}
