import type { ContactPreference } from '../../database/entities/index.ts';
import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';
import { text, Unmappable, type Source } from '../../sync/fields.ts';
import type { Channel } from '../../sync/suppression.ts';
import { emailAddress, phoneNumber } from '../contact-fields.ts';
import { rowsOf } from '../field-declaration.ts';
import { channelOf, isOptedOut, TOPICS } from '../preferences.ts';

/** What a text field takes at most, where it was not made shorter. */
export const LONGEST = 191;

/** Persons as Mautic is told of them, with what is read beside them. */
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

export const events = persons.computed({
  columns: ['event.name'],
  kind: 'names of events',
  map: (_row, { events: all }) => eventNames(all.map(({ name }) => name)),
});

export const consent = persons.computed({
  columns: ['contact_preference.opted_in'],
  kind: 'in, out or neither, by channel',
  map: (_row, { preferences }) =>
    Object.fromEntries(CHANNELS.map((channel) => [channel, consentOn(preferences, channel)])),
});

export const topics = persons.computed({
  columns: ['contact_preference.topic'],
  kind: 'topics wanted by e-mail',
  map: (_row, { preferences }) => new Set(topicsIn(preferences)),
});

export const CHANNELS: readonly Channel[] = ['email', 'sms'];

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

export function emailOf([column, value]: Source<string | null | undefined>): string | null {
  const address = emailAddress([column, value ?? null]);
  if (address === null) return null;
  if (!WHOLE_EMAIL.test(address)) throw new Unmappable(column, 'has characters that Mautic takes out');
  if (address.length > LONGEST_EMAIL) throw new Unmappable(column, `is longer than ${LONGEST_EMAIL} characters`);
  return address;
}

/** Text as Mautic keeps it: it decodes what looks encoded, then takes markup out. */
export function plain([column, value]: Source<string | null | undefined>): string | null {
  return text([column, withoutMarkup(value ?? '')], LONGEST);
}

function withoutMarkup(value: string): string {
  return value
    .replaceAll(/<[^>]*>?/g, '')
    .replaceAll('>', '')
    .replaceAll(/&[a-z#0-9]+;/gi, ' ');
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
