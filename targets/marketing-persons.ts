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
