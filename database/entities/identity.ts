import type { FieldValue } from '../../sync/canonical-form.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { IdentityGroups } from '../../sync/identity.ts';
import type { EmsRows } from './index.ts';

type Groups = { readonly [T in EntityType]: readonly (readonly (keyof EmsRows[T] & string)[])[] };

/**
 * The columns that identify a row besides its id: if one group is unchanged, it is the same row. Values that many rows
 * share (a first name, a city, a distance) count only in combination. EMS never moves a race to another event.
 *
 * A tag and a place in a start group have no identity besides their id: in one edit EMS may give a chip to another
 * runner under another code, or swap the chips of two runners. A target keeps nothing of its own under them, so EMS's
 * state is written.
 */
const GROUPS: Groups = {
  Organisation: [['name'], ['email'], ['phone'], ['website'], ['street', 'postalCode']],
  Person: [['firstName', 'lastName'], ['dateOfBirth'], ['email'], ['phone']],
  ContactPreference: [['personId', 'channel', 'topic']],
  Event: [['name'], ['startsOn'], ['website']],
  Race: [
    ['eventId', 'name'],
    ['eventId', 'startsOn'],
    ['eventId', 'distanceM'],
  ],
  StartGroup: [
    ['raceId', 'name'],
    ['raceId', 'startsOn'],
    ['raceId', 'sequence'],
  ],
  EventParticipant: [['registrationNo'], ['registeredOn'], ['eventId', 'personId']],
  StartGroupParticipant: [],
  Tag: [],
  Conversation: [['openedOn'], ['personId', 'subject']],
};

/** When EMS created the row; the column `created_on` exists only if EMS keeps it. */
const CREATED_ON = 'createdOn';

export const identityGroups = (type: EntityType): IdentityGroups => [[CREATED_ON], ...GROUPS[type]];

/** The identifying values of a row: text case-insensitive, phone numbers by their digits. */
export function identifyingValues(
  type: EntityType,
  row: object,
  createdOn: string | null,
): Readonly<Record<string, FieldValue>> {
  const columns = new Set<string>(GROUPS[type].flat());
  const values = [...columns].map((column) => [
    column,
    comparable(column, (row as Record<string, FieldValue>)[column]),
  ]);
  return { ...Object.fromEntries(values), [CREATED_ON]: createdOn };
}

function comparable(column: string, value: FieldValue): FieldValue {
  if (typeof value !== 'string') return value;
  return column === 'phone' ? value.replace(/\D/g, '') : value.toLowerCase();
}
