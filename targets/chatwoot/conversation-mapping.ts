import type { ConversationMessage } from '../../database/entities/index.ts';
import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';
import { instant, oneOf, text, Unmappable } from '../../sync/fields.ts';
import type { Instant } from '../../sync/instant.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { oneSpaced } from '../contact-fields.ts';
import { CHANNELS, inSeconds, STATUSES } from './conversation-fields.ts';
import { isReachable } from './person-mapping.ts';

const EMS_STATUSES = Object.fromEntries(Object.entries(STATUSES).map(([ems, remote]) => [remote, ems]));

/** The longest message that ChatWoot takes. */
const LONGEST_BODY = 150_000;

/** A conversation with its messages. EMS owns what it wrote; the rest is ChatWoot's, where the talking is done. */
export const conversation = defineTwoWayMapping({
  type: 'Conversation',
  filter: `EXISTS (SELECT FROM person p WHERE p.id = e.person_id AND ${isReachable('p')})`,
  sources: {
    // What came from ChatWoot is there already.
    messages: {
      type: 'ConversationMessage',
      where: `s.conversation_id = e.id AND NOT EXISTS (SELECT FROM sync_conversation_message t
        WHERE t.sync_process = 'CHATWOOT' AND t.entity_key = s.id AND t.origin = 'remote')`,
    },
  },
  referencedTypes: ['Person'],
  references: (row) => [['Person', row.personId]],
  fields: {
    ems_conversation_id: { owner: 'ems', map: (row) => row.id },
    messages: { owner: 'ems', map: (_row, { messages }) => written(messages) },
    status: {
      owner: 'remote',
      map: (row) => oneOf(['status', row.status], STATUSES),
      apply: (value) => ({ status: EMS_STATUSES[textOf(value) ?? ''] ?? null }),
    },
    channel: {
      owner: 'remote',
      map: (row) => oneOf(['channel', row.channel], CHANNELS),
      apply: (value) => ({ channel: textOf(value) }),
    },
    subject: {
      owner: 'remote',
      map: (row) => text(['subject', oneSpaced(row.subject)]),
      apply: (value) => ({ subject: textOf(value) }),
    },
    openedOn: {
      owner: 'remote',
      map: (row) => seconds(['opened_on', row.openedOn]),
      apply: (value) => ({ openedOn: instantOf(value) }),
    },
    lastActivityOn: {
      owner: 'remote',
      map: (row) => seconds(['last_activity_on', row.lastActivityOn]),
      apply: (value) => ({ lastActivityOn: instantOf(value) }),
    },
  },
  // Whose it is, is told by its contact: one without is never made a row of (it is read as removed).
  refuseCreate: () => null,
});

const textOf = (value: FieldValue) => (typeof value === 'string' ? value : null);
const instantOf = (value: FieldValue) => (typeof value === 'string' ? Temporal.Instant.from(value) : null);

function seconds([column, value]: readonly [string, Instant | null]): string | null {
  return instant([column, value]) === null || value === null ? null : inSeconds(value);
}

/** In the order of EMS's ids, which is the order of writing. A message without a text says nothing to an agent. */
function written(messages: readonly ConversationMessage[]): FieldValue {
  return messages
    .toSorted((one, other) => (BigInt(one.id) < BigInt(other.id) ? -1 : 1))
    .flatMap(({ id, body, author, agentName, private: isPrivate }) => {
      const content = canonicalText(body);
      if (content === null) return [];
      if (Array.from(content).length > LONGEST_BODY) {
        throw new Unmappable('conversation_message.body', `of message ${id} has over ${LONGEST_BODY} characters`);
      }
      return [{ key: id, body: content, private: isPrivate, author, agentName }];
    });
}
