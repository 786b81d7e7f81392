import { chance, int, pick, sample } from './rng.ts';
import type { Rng } from './rng.ts';
import type {
  ContactPreferenceRow,
  ConversationMessageRow,
  ConversationRow,
  PersonRow,
  PreferenceChannel,
  PreferenceTopic,
} from './rows.ts';
import { fromMicros, pastMoment } from './stamps.ts';
import type { EpochMicros } from './stamps.ts';

const topics: readonly PreferenceTopic[] = ['NEWSLETTER', 'OFFERS', 'RESULTS', 'SERVICE'];

const MINUTE = 60_000_000;

/**
 * Contact preferences of persons. Two in three answered for e-mail, fewer for the other channels; one in eight declined
 * everything; the rest never answered.
 */
export function inventPreferences(
  rng: Rng,
  now: EpochMicros,
  persons: readonly PersonRow[],
  stamp: () => string,
): ContactPreferenceRow[] {
  const rows: ContactPreferenceRow[] = [];
  for (const person of persons) {
    const saysNo = chance(rng, 0.125);
    const add = (channel: PreferenceChannel, about: readonly PreferenceTopic[]): void => {
      for (const topic of about) {
        rows.push({
          id: rows.length + 1,
          modified_on: stamp(),
          person_id: person.id,
          channel,
          topic,
          opted_in: !saysNo && chance(rng, 0.7),
          changed_on: fromMicros(pastMoment(rng, now, 400)),
          source: pick(rng, ['registration form', 'web', 'import', 'phone', '', null]),
        });
      }
    };
    const answered = chance(rng, 0.67);
    if (answered) add('EMAIL', saysNo ? topics : sample(rng, topics, int(rng, 1, 4)));
    if (answered && chance(rng, 0.25)) add('SMS', sample(rng, topics, int(rng, 1, 2)));
    if (chance(rng, 0.04)) add(pick(rng, ['PHONE', 'POST']), ['SERVICE']);
  }
  return rows;
}

const questions = [
  'Where do I collect my bib?\nI arrive on Friday night.',
  'Can I change to the half marathon?',
  'Posso levantar o dorsal de um colega?',
  'Wie komme ich am Sonntag zum Start?',
  'Est-ce qu’il y a une consigne à l’arrivée ?',
  'ゼッケンはどこで受け取れますか。',
  'هل يمكنني تغيير موجة الانطلاق؟',
  'Proszę o fakturę za opłatę startową.',
];

const answers = [
  'Bibs are handed out at the pier from 10:00 to 20:00.',
  'Yes, until two weeks before the start.',
  'Please bring a copy of the confirmation.',
];

const notes = ['Called back, nobody answered.', 'Refund is with accounting.'];

export interface Correspondence {
  readonly conversations: ConversationRow[];
  readonly messages: ConversationMessageRow[];
}

/** Conversations between persons and the office: at least six if there are enough persons, plus one per fifty. */
export function inventConversations(
  rng: Rng,
  now: EpochMicros,
  persons: readonly PersonRow[],
  stampConversation: () => string,
  stampMessage: () => string,
): Correspondence {
  const conversations: ConversationRow[] = [];
  const messages: ConversationMessageRow[] = [];
  for (const person of sample(rng, persons, Math.max(6, Math.floor(persons.length / 50)))) {
    const id = conversations.length + 1;
    const question = pick(rng, questions);
    const opened = pastMoment(rng, now - 3000 * MINUTE, 90);
    let last = opened;
    const count = int(rng, 1, 5);
    for (let index = 0; index < count; index += 1) {
      const author = index === 0 ? 'PERSON' : pick(rng, ['PERSON', 'AGENT', 'AGENT', 'EMS'] as const);
      if (index > 0) last += int(rng, 1, 600) * MINUTE;
      messages.push({
        id: messages.length + 1,
        modified_on: stampMessage(),
        conversation_id: id,
        author,
        agent_name: author === 'AGENT' ? pick(rng, ['Front desk', 'Race office', null]) : null,
        body:
          index === 0 ? question : pick(rng, author === 'PERSON' ? questions : author === 'AGENT' ? answers : notes),
        private: author === 'EMS',
        sent_on: fromMicros(last),
      });
    }
    conversations.push({
      id,
      modified_on: stampConversation(),
      person_id: person.id,
      channel: pick(rng, ['CHAT', 'EMAIL', 'EMAIL', 'PHONE', 'NOTE']),
      subject: chance(rng, 0.1) ? null : (question.split('\n')[0] ?? null),
      status: pick(rng, ['OPEN', 'PENDING', 'SNOOZED', 'RESOLVED', 'RESOLVED']),
      opened_on: fromMicros(opened),
      last_activity_on: fromMicros(last),
    });
  }
  return { conversations, messages };
}
