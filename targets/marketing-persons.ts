import type { AffectingRows } from '../database/detection/detection.ts';
import { phoneNumber } from './contact-fields.ts';
import { rowsOf } from './field-declaration.ts';
import { topicsWanted } from './preferences.ts';

/** Persons for marketing targets, with the rows read beside them. */
export const persons = rowsOf('Person', {
  preferences: { type: 'ContactPreference', where: 's.person_id = e.id' },
  events: {
    type: 'Event',
    where: 'EXISTS (SELECT FROM event_participant ep WHERE ep.person_id = e.id AND ep.event_id = s.id)',
  },
});

/** Rows that the fields and filters of these persons read. */
export const affectPersons: readonly AffectingRows[] = [
  { type: 'ContactPreference', keys: 'SELECT s.person_id' },
  { type: 'EventParticipant', keys: 'SELECT s.person_id' },
  { type: 'Event', keys: 'SELECT ep.person_id FROM event_participant ep WHERE ep.event_id = s.id' },
];

export const phone = persons.computed({
  columns: ['phone'],
  kind: 'phone number, as of the country',
  map: (row) => phoneNumber(['phone', row.phone], row.country),
});

export const topics = persons.computed({
  columns: ['contact_preference.topic'],
  kind: 'topics wanted by e-mail',
  map: (_row, { preferences }) => new Set(topicsWanted(preferences, 'email')),
});
