import type { ConversationMessage } from '../../database/entities/index.ts';
import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';
import { assertRead, instant, text, Unmappable } from '../../sync/fields.ts';
import type { Instant } from '../../sync/instant.ts';
import { oneSpaced } from '../contact-fields.ts';
import { rowsOf, type Fields, type TwoWayReading } from '../field-declaration.ts';
import { fieldKind, INSTANT, TEXT, textIn, twoWayKind, wordOf } from '../field-kinds.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { CHANNELS, inSeconds, STATUSES } from './conversation-fields.ts';
import { isReachable } from './person-mapping.ts';
import type { ConversationPlace } from './places.ts';

/** The longest message that ChatWoot accepts. */
const LONGEST_BODY = 150_000;

const conversations = rowsOf('Conversation', {
  // Messages that came from ChatWoot already exist there.
  messages: {
    type: 'ConversationMessage',
    where: `s.conversation_id = e.id AND NOT EXISTS (SELECT FROM sync_conversation_message t
        WHERE t.sync_process = 'CHATWOOT' AND t.entity_key = s.id AND t.origin = 'remote')`,
  },
});

const SUBJECT = twoWayKind<string | null>(
  fieldKind('text in one line', ([column, value]) => text([column, oneSpaced(value)])),
  textIn,
);

/** ChatWoot stores these times in whole seconds. */
const SECONDS = twoWayKind<Instant | null>(
  fieldKind('instant in seconds', ([column, value]) =>
    instant([column, value]) === null || value === null ? null : inSeconds(value),
  ),
  INSTANT.write,
);

const written = conversations.computed({
  columns: ['conversation_message.body'],
  kind: 'messages written in EMS',
  map: (_row, { messages }) => writtenIn(messages),
});

const read = (
  attribute: Extract<ConversationPlace, { in: 'conversation' }>['attribute'],
  reading: TwoWayReading<'Conversation', typeof conversations.sources>,
) => conversations.remote<ConversationPlace>({ in: 'conversation', attribute }, reading);

/** The fields of a conversation. EMS owns what it wrote; the rest is ChatWoot's, where people write. */
export const conversationFields: Fields<'Conversation', typeof conversations.sources, ConversationPlace> = {
  ems_conversation_id: conversations.ems<ConversationPlace>(
    { in: 'custom_attributes', key: 'ems_conversation_id', label: 'EMS conversation' },
    conversations.column('id', TEXT),
  ),
  messages: conversations.ems<ConversationPlace>({ in: 'messages' }, written),
  status: read('status', conversations.editable('status', wordOf(STATUSES))),
  channel: read('channel', conversations.editable('channel', wordOf(CHANNELS))),
  subject: conversations.remote<ConversationPlace>({ in: 'first_message' }, conversations.editable('subject', SUBJECT)),
  openedOn: read('created_at', conversations.editable('openedOn', SECONDS)),
  lastActivityOn: read('last_activity_at', conversations.editable('lastActivityOn', SECONDS)),
};

/** A conversation with its messages. */
export const conversation = defineTwoWayMapping({
  type: 'Conversation',
  rules: 1,
  filter: [
    {
      name: 'person-reachable',
      sql: `EXISTS (SELECT FROM person p WHERE p.id = e.person_id AND ${isReachable('p')})`,
      means: 'is of a person with an e-mail address or a phone number',
      change: 'enter an e-mail address or a phone number of its person (person.email, person.phone)',
    },
  ],
  sources: conversations.sources,
  affectedBy: [
    { type: 'ConversationMessage', keys: 'SELECT s.conversation_id' },
    { type: 'Person', keys: 'SELECT c.id FROM conversation c WHERE c.person_id = s.id' },
  ],
  referencedTypes: ['Person'],
  references: (row) => [['Person', row.personId]],
  fields: conversationFields,
  // The contact decides whose conversation it is. A conversation without one never becomes a row (it is read as
  // removed).
  refuseCreate: () => null,
});

/**
 * In the order of EMS's ids, in which they are written. Messages without text are left out, because they tell an agent
 * nothing.
 */
function writtenIn(messages: readonly ConversationMessage[]): FieldValue {
  return messages
    .toSorted((one, other) => (BigInt(one.id) < BigInt(other.id) ? -1 : 1))
    .flatMap(({ id, body, author, agentName, private: isPrivate }) => {
      assertRead(['conversation_message.body', body]);
      assertRead(['conversation_message.agent_name', agentName]);
      assertRead(['conversation_message.author', author]);
      const content = canonicalText(body);
      if (content === null) return [];
      if (Array.from(content).length > LONGEST_BODY) {
        throw new Unmappable(
          'conversation_message.body',
          `of message ${id} has over ${LONGEST_BODY} characters`,
          'field-too-long',
        );
      }
      return [{ key: id, body: content, private: isPrivate, author, agentName }];
    });
}
