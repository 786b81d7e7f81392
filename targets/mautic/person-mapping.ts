import type { ContactPreference, Person } from '../../database/entities/index.ts';
import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';
import { calendarDate, text, Unmappable, type Source } from '../../sync/fields.ts';
import type { Channel } from '../../sync/suppression.ts';
import { emailAddress, phoneNumber } from '../contact-fields.ts';
import { channelOf, isOptedOut, personsEmail, TOPICS, undeliveredOptOut } from '../preferences.ts';
import { defineMapping } from '../entity-mapping.ts';
import { countryName } from './countries.ts';

const LONGEST = 191;

/** A contact (mappings.md): one for each e-mail address. */
export const person = defineMapping({
  type: 'Person',
  filter: personsEmail('e'),
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
    addresses: (row) => ({ email: row.email, sms: row.phone }),
    optOuts: (_row, { preferences }) => CHANNELS.filter((channel) => isOptedOut(preferences, channel)),
    whenRefused: 'send',
  },
  urgent: undeliveredOptOut('MAUTIC'),
  map: (row, { preferences, events }) => ({
    firstname: plain(['first_name', row.firstName]),
    lastname: plain(['last_name', row.lastName]),
    email: emailOf(row),
    mobile: phoneNumber(['phone', row.phone], row.country),
    address1: plain(['street', row.street]),
    city: plain(['city', row.city]),
    state: plain(['region', row.region]),
    zipcode: plain(['postal_code', row.postalCode]),
    country: countryName(['country', row.country]),
    preferred_locale: locale(['language', row.language]),
    ems_birth_date: calendarDate(['date_of_birth', row.dateOfBirth]),
    ems_events: eventNames(events.map(({ name }) => name)),
    consent: Object.fromEntries(CHANNELS.map((channel) => [channel, consentOn(preferences, channel)])),
    topics: new Set(topicsIn(preferences)),
  }),
});

const CHANNELS: readonly Channel[] = ['email', 'sms'];

/** `out`: of every topic. `in`: of one at least. Null: EMS does not say. */
function consentOn(preferences: readonly ContactPreference[], channel: Channel): FieldValue {
  if (isOptedOut(preferences, channel)) return 'out';
  return preferences.some((row) => channelOf(row) === channel && row.optedIn === true) ? 'in' : null;
}

function topicsIn(preferences: readonly ContactPreference[]): string[] {
  return preferences
    .filter((row) => channelOf(row) === 'email' && row.optedIn === true)
    .map(({ topic }) => canonicalText(topic) ?? '')
    .filter((topic) => TOPICS.includes(topic));
}

/** Mautic takes everything else out of an address without a word, and what is left would be somebody else's. */
const WHOLE_EMAIL = /^[a-z0-9!#$%&'*+\-=?^_`{|}~@.[\]]+$/;
const LONGEST_EMAIL = 254;

function emailOf({ email }: Person): string | null {
  const address = emailAddress(['email', email]);
  if (address === null) return null;
  if (!WHOLE_EMAIL.test(address)) throw new Unmappable('email', 'has characters that Mautic takes out');
  if (address.length > LONGEST_EMAIL) throw new Unmappable('email', `is longer than ${LONGEST_EMAIL} characters`);
  return address;
}

/** Text as Mautic keeps it: it takes markup out, and decodes what looks encoded. */
export function plain([column, value]: Source<string | null | undefined>): string | null {
  return text([column, withoutMarkup(value ?? '')], LONGEST);
}

function withoutMarkup(value: string): string {
  return value
    .replaceAll(/<[^>]*>?/g, '')
    .replaceAll('>', '')
    .replaceAll(/&[a-z#0-9]+;/gi, ' ');
}

/** `pt-PT` → `pt_PT`: Mautic has languages with and without a country. */
function locale([column, value]: Source<string | null | undefined>): string | null {
  const tag = canonicalText(value);
  if (tag === null) return null;
  try {
    const { language, region } = new Intl.Locale(tag);
    return region === undefined ? language : `${language}_${region}`;
  } catch {
    throw new Unmappable(column, 'is no BCP 47 language tag');
  }
}

/** Names of the events taken part in, each once, in order. A `|` is between them, so none is in them. */
function eventNames(names: readonly (string | null)[]): string | null {
  const clean = names.flatMap(
    (name) =>
      canonicalText(
        withoutMarkup(name?.toWellFormed() ?? '')
          .replaceAll(/[|\p{Cc}]/gu, ' ')
          .replaceAll(/\s+/gu, ' '),
      ) ?? [],
  );
  return canonicalText([...new Set(clean)].toSorted().join('|'));
}
