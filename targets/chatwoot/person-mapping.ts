import type { Person } from '../../database/entities/index.ts';
import { hasText } from '../text-conditions.ts';
import { text, Unmappable } from '../../sync/fields.ts';
import { e164, EMAIL, joinedName, listOfNames, lowerCase, phoneNumber, splitName } from '../contact-fields.ts';
import { columnOf, rowsOf, type Fields, type Reading, type TwoWayReading } from '../field-declaration.ts';
import { TEXT, textIn } from '../field-kinds.ts';
import type { MatchCriterion } from '../inbound-mapping.ts';
import { personAddresses } from '../person-addresses.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { PERSON_ATTRIBUTE } from './contact-identity.ts';
import type { ContactPlace } from './places.ts';

/** Who belongs on ChatWoot: only persons that it can reach. `row` is a person's alias in SQL. */
export const isReachable = (row: string) => `(${hasText(`${row}.email`)} OR ${hasText(`${row}.phone`)})`;

export const persons = rowsOf('Person', {
  club: { type: 'Organisation', where: 's.id = e.organisation_id' },
  events: {
    type: 'Event',
    where: 'EXISTS (SELECT FROM event_participant ep WHERE ep.person_id = e.id AND ep.event_id = s.id)',
  },
  // Only one contact can have a phone number: first the person who would be unreachable without it, then the oldest,
  // then the lowest id.
  samePhone: {
    type: 'Person',
    holderOf: 'phone',
    order: `EXISTS (SELECT FROM sync_unique_value m WHERE m.sync_process = 'CHATWOOT' AND m.entity_type = 'Person'
      AND m.field = 'email' AND m.entity_key = s.id AND m.value IS NOT NULL), s.date_of_birth NULLS LAST`,
    apartFrom: 'contact',
  },
});

type PersonFields = Fields<'Person', typeof persons.sources, ContactPlace>;
type PersonReading = Reading<'Person', typeof persons.sources>;

/** ChatWoot's own attributes, which agents may change as well. */
const shared = (
  attribute: Extract<ContactPlace, { in: 'contact' }>['attribute'],
  reading: TwoWayReading<'Person', typeof persons.sources>,
) => persons.both<ContactPlace>({ in: 'contact', attribute }, reading);

const custom = (key: string, label: string, reading: PersonReading) =>
  persons.ems<ContactPlace>({ in: 'custom_attributes', key, label }, reading);

const name = persons.computed({
  columns: ['first_name', 'last_name'],
  kind: 'first and last name',
  map: (row) => joinedName(row.firstName, row.lastName),
  apply: (value, row) => {
    const joined = textIn(value);
    return row !== null && nameOf(row) === joined ? {} : splitName(joined);
  },
});

const phone = persons.computed({
  columns: ['phone'],
  kind: 'phone number, of one person alone',
  map: (row, { samePhone }) => {
    const number = phoneNumber(['phone', row.phone], row.country);
    return samePhone.length > 0 ? null : number;
  },
  apply: (value) => ({ phone: textIn(value) }),
});

const canonicalPhone = ({ phone: number, country }: Person) => e164(number, country);

const events = persons.computed({
  columns: ['event.name'],
  kind: 'names of events',
  map: (_row, sources) => listOfNames(sources.events.map((event) => event.name)),
});

const club = persons.computed({
  columns: ['organisation.name'],
  kind: 'name of the club',
  map: (_row, sources) => text(['organisation.name', sources.club[0]?.name]),
});

/**
 * The fields of a contact. A new custom attribute needs only one more line: it is then defined, sent, read back and
 * compared.
 */
export const personFields: PersonFields = {
  name: shared('name', name),
  email: shared('email', persons.editable('email', EMAIL)),
  phone_number: shared('phone_number', phone),
  // The identifier is unguessable, so agents see the id here. Only the identifier proves whose contact it is.
  ems_person_id: custom(PERSON_ATTRIBUTE, 'EMS person', persons.column('id', TEXT)),
  ems_events: custom('ems_events', 'Events', events),
  ems_language: custom('ems_language', 'Language', persons.column('language', TEXT)),
  ems_club: custom('ems_club', 'Club', club),
};

/** The EMS column to look at for one of ChatWoot's attributes. */
export const personColumn = (attribute: string): string =>
  columnOf(personFields, (place) => attribute === (place.in === 'contact' ? place.attribute : place.key)) ?? attribute;

/** A contact (architecture, mappings.md): e-mail address and phone number are unique at ChatWoot. */
export const person = defineTwoWayMapping({
  type: 'Person',
  rules: 1,
  filter: [
    {
      name: 'reachable',
      sql: isReachable('e'),
      means: 'has an e-mail address or a phone number',
      change: 'enter an e-mail address or a phone number of the person (person.email, person.phone)',
    },
  ],
  sources: persons.sources,
  affectedBy: [
    { type: 'Organisation', keys: 'SELECT p.id FROM person p WHERE p.organisation_id = s.id' },
    { type: 'EventParticipant', keys: 'SELECT s.person_id' },
    { type: 'Event', keys: 'SELECT ep.person_id FROM event_participant ep WHERE ep.event_id = s.id' },
  ],
  uniqueValues: {
    email: { kind: EMAIL.name, read: ({ email }) => lowerCase(email) },
    phone: { kind: phone.kind, read: canonicalPhone },
    // A person without an e-mail address is identified by phone.
    contact: { kind: 'e-mail, else phone', read: (row) => lowerCase(row.email) ?? canonicalPhone(row) },
  },
  sharing: { by: 'contact', order: 's.date_of_birth NULLS LAST' },
  // Nobody opts out at ChatWoot, but an erased address must not come back with another person.
  consent: {
    // Support answers people who asked, so marketing consent does not apply.
    channels: [],
    addresses: personAddresses,
    optOuts: () => [],
    whenRefused: 'send',
  },
  fields: personFields,
  match: (content): MatchCriterion[] => [
    { email: textIn(content['email']) },
    { phone: textIn(content['phone_number']) },
  ],
  refuseCreate: (content) =>
    textIn(content['email']) === null && textIn(content['phone_number']) === null
      ? 'has neither e-mail nor phone'
      : null,
});

/** EMS's value may be too long to be sent; then it counts as different from ChatWoot's. */
function nameOf({ firstName, lastName }: Person): string | null | undefined {
  try {
    return joinedName(firstName, lastName);
  } catch (error) {
    if (error instanceof Unmappable) return undefined;
    throw error;
  }
}
