import { canonicalText } from '../../sync/canonical-form.ts';
import { text } from '../../sync/fields.ts';
import { persons } from '../marketing-persons.ts';
import { isOptedIn, isOptedOut } from '../preferences.ts';

/** All or nothing: Mailchimp accepts no partial address. Outside the US it also requires a state; a dash is sent. */
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

/** Null: EMS has no preference. */
export const consent = persons.computed({
  columns: ['contact_preference.opted_in'],
  kind: 'yes or no to e-mail',
  map: (_row, { preferences }) => {
    if (isOptedOut(preferences, 'email')) return 'unsubscribed';
    return isOptedIn(preferences, 'email') ? 'subscribed' : null;
  },
});
