import type { ContactPreference } from '../../database/entities/index.ts';
import { canonicalText } from '../../sync/canonical-form.ts';
import { text } from '../../sync/fields.ts';
import { phoneNumber } from '../contact-fields.ts';
import { rowsOf } from '../field-declaration.ts';
import { channelOf, isOptedOut, TOPICS } from '../preferences.ts';

/** Persons as Mailchimp is told of them, with what is read beside them. */
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

/** All or nothing: Mailchimp takes no address in part. Abroad it wants a state, too, and gets a dash. */
export const address = persons.computed({
  columns: ['street', 'city', 'region', 'postal_code', 'country'],
  kind: 'address',
  map: (row) => {
    const country = canonicalText(row.country)?.toUpperCase() ?? null;
    const parts = {
      addr1: text(['street', row.street]),
      city: text(['city', row.city]),
      state: text(['region', row.region]) ?? (country === 'US' ? null : '-'),
      zip: text(['postal_code', row.postalCode]),
      country: country !== null && /^[A-Z]{2}$/.test(country) ? country : null,
    };
    return Object.values(parts).every((part) => part !== null) ? parts : null;
  },
});

export const tags = persons.computed({
  columns: ['event_participant.event_id'],
  kind: 'ems, and a tag for each event',
  map: (_row, { events }) => new Set(['ems', ...events.map(({ id }) => `event:${id}`)]),
});

/** Null: EMS does not say. */
export const consent = persons.computed({
  columns: ['contact_preference.opted_in'],
  kind: 'yes or no to e-mail',
  map: (_row, { preferences }) => {
    if (isOptedOut(preferences, 'email')) return 'unsubscribed';
    return preferences.some(wantsEmail) ? 'subscribed' : null;
  },
});

export const topics = persons.computed({
  columns: ['topic'],
  kind: 'topics wanted by e-mail',
  map: (_row, { preferences }) => {
    const wanted = preferences.filter(wantsEmail).map(({ topic }) => canonicalText(topic) ?? '');
    return new Set(wanted.filter((topic) => TOPICS.includes(topic)));
  },
});

const wantsEmail = (row: ContactPreference) => channelOf(row) === 'email' && row.optedIn === true;
