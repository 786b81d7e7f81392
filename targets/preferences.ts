import type { ContactPreference } from '../database/entities/index.ts';
import { hasText, isWord } from './text-conditions.ts';
import { canonicalText } from '../sync/canonical-form.ts';
import type { Channel } from '../sync/suppression.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { defineMapping, type EntityMapping } from './entity-mapping.ts';
import { rowsOf } from './field-declaration.ts';
import type { FilterCondition } from './filter-condition.ts';
import { needed, wordOf, YES_OR_NO } from './field-kinds.ts';

/** The topics that a person can subscribe to. */
export const TOPICS: readonly string[] = ['NEWSLETTER', 'OFFERS', 'RESULTS', 'SERVICE'];

const topics = Object.fromEntries(TOPICS.map((topic) => [topic, topic]));

const preference = rowsOf('ContactPreference');

const CHANNELS: Readonly<Record<string, Channel>> = { EMAIL: 'email', SMS: 'sms' };

/** SQL: whether the person `row` has an e-mail address. */
const personsEmail = (row: string) => hasText(`${row}.email`);

/** The channel of a preference, if targets know it. */
export function channelOf({ channel }: Pick<ContactPreference, 'channel'>): Channel | null {
  return CHANNELS[canonicalText(channel) ?? ''] ?? null;
}

/** The person has an e-mail address. */
export const HAS_EMAIL: FilterCondition = {
  name: 'email',
  sql: personsEmail('e'),
  means: 'has an e-mail address',
  change: 'enter an e-mail address of the person (person.email)',
};

/** Whether the person has opted out of every topic on a channel; false without any preference. */
export function isOptedOut(preferences: readonly ContactPreference[], channel: Channel): boolean {
  const said = preferences.filter((row) => channelOf(row) === channel && row.optedIn !== null);
  return said.length > 0 && said.every(({ optedIn }) => optedIn === false);
}

/** Whether the person wants something on a channel. */
export const isOptedIn = (preferences: readonly ContactPreference[], channel: Channel): boolean =>
  preferences.some((row) => wants(row, channel));

/** The existing topics that the person wants on a channel. */
export function topicsWanted(preferences: readonly ContactPreference[], channel: Channel): readonly string[] {
  const wanted = preferences.filter((row) => wants(row, channel)).map(({ topic }) => canonicalText(topic) ?? '');
  return wanted.filter((topic) => TOPICS.includes(topic));
}

const wants = (row: ContactPreference, channel: Channel) => channelOf(row) === channel && row.optedIn === true;

/**
 * SQL condition on a person `e`: the target has not yet received one of EMS's opt-outs, or the person has refused at
 * another target. Only orders due rows; the delivery decides whether such a refusal applies.
 */
export const undeliveredOptOut = (process: SyncProcessName) => `EXISTS (
  SELECT FROM contact_preference p
  LEFT JOIN sync_contact_preference r ON r.sync_process = '${process}' AND r.entity_key = p.id
  WHERE p.person_id = e.id AND p.opted_in IS FALSE
    AND p.modified_on IS DISTINCT FROM coalesce(r.evaluated_on, r.entity_synced_on))
  OR EXISTS (SELECT FROM sync_suppression s WHERE s.sync_process <> '${process}' AND s.entity_key = e.id AND NOT s.presumed)`;

/**
 * Contact preferences, for targets with contacts. They are children of their person and have their own records.
 *
 * @param channels the channels that the target knows, in EMS's words.
 * @param ofPersons the filter of the target's persons.
 */
export function preferencesOf(channels: readonly string[], ofPersons: readonly FilterCondition[]): EntityMapping {
  const others = ['EMAIL', 'SMS', 'PHONE', 'POST'].filter((channel) => !channels.includes(channel));
  const channelWords = Object.fromEntries(channels.map((channel) => [channel, channel]));
  return defineMapping({
    type: 'ContactPreference',
    rules: 1,
    filter: [
      {
        name: 'channel',
        // An unknown word parks the row; it is not skipped.
        sql: `NOT ${isWord('e.channel', others)}`,
        means: `has a channel that the target knows (${channels.join(', ')})`,
        change: 'nothing: the target has no such channel',
      },
      ...ofPersons.map((condition) => ({
        name: `person-${condition.name}`,
        sql: `EXISTS (SELECT FROM (SELECT p.id, p.email, p.phone FROM person p WHERE p.id = e.person_id) e WHERE ${condition.sql})`,
        means: `belongs to a person that ${condition.means}`,
        change: condition.change,
      })),
    ],
    affectedBy: [
      { type: 'Person', keys: 'SELECT p.id FROM contact_preference p WHERE p.person_id = s.id' },
      { type: 'ContactPreference', keys: 'SELECT p.id FROM contact_preference p WHERE p.person_id = s.person_id' },
      { type: 'Person', records: true, keys: 'SELECT p.id FROM contact_preference p WHERE p.person_id = s.entity_key' },
    ],
    childOf: {
      type: 'Person',
      key: (row) => row.personId,
      sql: 'e.person_id',
      suffix: (row) => `${canonicalText(row.channel)}/${canonicalText(row.topic)}`,
      channel: channelOf,
      wants: (row) => row.optedIn === true,
    },
    // Delivered with the person, whose fields hold the preferences in the target's own form.
    fields: {
      channel: preference.ems(null, preference.column('channel', needed(wordOf(channelWords)))),
      topic: preference.ems(null, preference.column('topic', needed(wordOf(topics)))),
      optedIn: preference.ems(null, preference.column('optedIn', YES_OR_NO)),
    },
  });
}
