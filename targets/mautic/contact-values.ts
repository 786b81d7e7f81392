import type { ContactPreference } from '../../database/entities/index.ts';
import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';
import { text, Unmappable, type Source } from '../../sync/fields.ts';
import { CHANNELS, type Channel } from '../../sync/suppression.ts';
import { emailAddress } from '../contact-fields.ts';
import { persons } from '../marketing-persons.ts';
import { isOptedIn, isOptedOut } from '../preferences.ts';

/** The maximum length of a text field without a shorter limit. */
export const LONGEST = 191;

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

/** `out`: out of every topic. `in`: in at least one. Null: EMS has no preference. */
function consentOn(preferences: readonly ContactPreference[], channel: Channel): FieldValue {
  if (isOptedOut(preferences, channel)) return 'out';
  return isOptedIn(preferences, channel) ? 'in' : null;
}

/** Mautic silently removes all other characters from an address, which would leave somebody else's. */
const WHOLE_EMAIL = /^[a-z0-9!#$%&'*+\-=?^_`{|}~@.[\]]+$/;
const LONGEST_EMAIL = 254;

export function emailOf([column, value]: Source<string | null | undefined>): string | null {
  const address = emailAddress([column, value ?? null]);
  if (address === null) return null;
  if (!WHOLE_EMAIL.test(address)) throw new Unmappable(column, 'has characters that Mautic takes out');
  if (address.length > LONGEST_EMAIL)
    throw new Unmappable(column, `is longer than ${LONGEST_EMAIL} characters`, 'field-too-long');
  return address;
}

/** Text as Mautic stores it: it decodes entities, then strips markup. */
export function plain([column, value]: Source<string | null | undefined>): string | null {
  return text([column, withoutMarkup(value ?? '')], LONGEST);
}

function withoutMarkup(value: string): string {
  return value
    .replaceAll(/<[^>]*>?/g, '')
    .replaceAll('>', '')
    .replaceAll(/&[a-z#0-9]+;/gi, ' ');
}

/**
 * Names of the events the person takes part in, sorted, without duplicates. They are separated by `|`, so it is removed
 * from the names.
 */
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
