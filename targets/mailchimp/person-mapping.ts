import type { ContactPreference, Person } from '../../database/entities/index.ts';
import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';
import { calendarDate, text } from '../../sync/fields.ts';
import { emailAddress, phoneNumber } from '../contact-fields.ts';
import { defineMapping } from '../entity-mapping.ts';
import { channelOf, isOptedOut, personsEmail, TOPICS, undeliveredOptOut } from '../preferences.ts';
import { languageCode } from './languages.ts';

/** Whom the audience shall have: who wants e-mail, and who is in it already. `e` is the person's row. */
export const PERSON_FILTER = `${personsEmail('e')} AND (
  EXISTS (SELECT FROM contact_preference p WHERE p.person_id = e.id AND btrim(p.channel) = 'EMAIL' AND p.opted_in)
  OR EXISTS (SELECT FROM sync_person r
    WHERE r.sync_process = 'MAILCHIMP' AND r.entity_key = e.id AND r.remote_id IS NOT NULL))`;

/** A member (mappings.md): Mailchimp knows each address once. */
export const person = defineMapping({
  type: 'Person',
  filter: PERSON_FILTER,
  sources: {
    preferences: { type: 'ContactPreference', where: 's.person_id = e.id' },
    events: {
      type: 'Event',
      where: 'EXISTS (SELECT FROM event_participant ep WHERE ep.person_id = e.id AND ep.event_id = s.id)',
    },
  },
  sharing: {
    where: `lower(btrim(s.email)) = lower(btrim(e.email)) AND ${personsEmail('e')}`,
    order: 's.date_of_birth NULLS LAST',
  },
  consent: {
    addresses: (row) => ({ email: row.email }),
    optOuts: (_row, { preferences }) => (isOptedOut(preferences, 'email') ? ['email'] : []),
    whenRefused: 'withhold',
  },
  urgent: undeliveredOptOut('MAILCHIMP'),
  map: (row, { preferences, events }) => ({
    email: emailAddress(['email', row.email]),
    FNAME: text(['first_name', row.firstName]),
    LNAME: text(['last_name', row.lastName]),
    PHONE: phoneNumber(['phone', row.phone], row.country),
    BDATE: calendarDate(['date_of_birth', row.dateOfBirth]),
    ADDRESS: addressOf(row),
    language: languageCode(['language', row.language]),
    tags: new Set(['ems', ...events.map(({ id }) => `event:${id}`)]),
    consent: consentOf(preferences),
    topics: new Set(topicsIn(preferences)),
  }),
});

/** All or nothing: Mailchimp takes no address in part. Abroad it wants a state, too, and gets a dash. */
function addressOf(row: Person): FieldValue {
  const country = canonicalText(row.country)?.toUpperCase() ?? null;
  const address = {
    addr1: text(['street', row.street]),
    city: text(['city', row.city]),
    state: text(['region', row.region]) ?? (country === 'US' ? null : '-'),
    zip: text(['postal_code', row.postalCode]),
    country: country !== null && /^[A-Z]{2}$/.test(country) ? country : null,
  };
  return Object.values(address).every((part) => part !== null) ? address : null;
}

/** Null: EMS does not say. */
function consentOf(preferences: readonly ContactPreference[]): FieldValue {
  if (isOptedOut(preferences, 'email')) return 'unsubscribed';
  return preferences.some((row) => channelOf(row) === 'email' && row.optedIn === true) ? 'subscribed' : null;
}

function topicsIn(preferences: readonly ContactPreference[]): string[] {
  return preferences
    .filter((row) => channelOf(row) === 'email' && row.optedIn === true)
    .map(({ topic }) => canonicalText(topic) ?? '')
    .filter((topic) => TOPICS.includes(topic));
}
