import type { ClientBase } from 'pg';
import { inboxes } from '../simulators/chatwoot/records.ts';
import type { ChatwootState } from '../simulators/chatwoot/start.ts';
import { isNote } from './chatwoot-messages.ts';
import { differencesOf, type Content, type Difference } from './difference.ts';

type Conversation = ChatwootState['conversations'][string];

export interface EmsConversation {
  readonly id: string;
  readonly person: string;
  readonly status: string | null;
  readonly channel: string | null;
  /** Unix seconds. */
  readonly opened: number | null;
  readonly active: number | null;
}

/** EMS's id of a conversation. One without an id should be in EMS, but is missing there. */
export function keyOf({ id, custom_attributes: attributes }: Conversation): string {
  const key = attributes['ems_conversation_id'];
  return typeof key === 'string' ? key : `conversation ${id}`;
}

/**
 * Compares conversations: each exists once, with its person's contact. ChatWoot owns the status, and EMS takes it over.
 * Until ChatWoot has the conversation, EMS keeps its own.
 *
 * @param contactOf ChatWoot's id of a person's contact, or null.
 */
export function conversationDifferences(
  conversations: readonly EmsConversation[],
  contactOf: (person: string) => number | null,
  state: ChatwootState,
): Difference[] {
  const there = Map.groupBy(Object.values(state.conversations), keyOf);
  const wanted = conversations.map(({ id, person, ...standing }) => {
    const told = there.get(id)?.[0];
    return [id, { contact: contactOf(person), ...(told === undefined ? {} : pickTold(told, standing)) }] as const;
  });
  const held = [...there].map(([id, [first]]) => [id, first === undefined ? {} : contentOf(first)] as const);
  const doubles = [...there].filter(([, same]) => same.length > 1);
  return [
    ...differencesOf('conversations', new Map(wanted), new Map(held)),
    ...doubles.map(([id]) => ({ type: 'conversations', id, what: 'surplus' as const, fields: [] })),
  ];
}

const CHANNELS = { 'Channel::Api': 'CHAT', 'Channel::WebWidget': 'CHAT', 'Channel::Email': 'EMAIL' } as const;

function contentOf(conversation: Conversation): Content {
  const {
    contact_id: contact,
    inbox_id: inboxId,
    status,
    created_at: created,
    last_activity_at: active,
  } = conversation;
  const inbox = inboxes.find(({ id }) => id === inboxId);
  const standing = {
    status: status.toUpperCase(),
    channel: inbox === undefined ? null : CHANNELS[inbox.channel_type],
    opened: Math.floor(created / 1_000),
    active: Math.floor(active / 1_000),
  };
  return { contact, ...pickTold(conversation, standing) };
}

/** The status that ChatWoot has set since EMS delivered the conversation. */
function pickTold({ messages }: Conversation, standing: Content): Content {
  const spoken = messages.filter(({ message_type: type }) => type !== 'activity');
  const [first] = spoken;
  if (first !== undefined && !isNote(first)) return standing;
  return {
    // Each change of status adds such a message.
    ...(spoken.length < messages.length ? { status: standing['status'] ?? null } : {}),
    ...(spoken.every(isNote) ? {} : { active: standing['active'] ?? null }),
  };
}

export async function readConversations(client: ClientBase): Promise<EmsConversation[]> {
  const { rows } = await client.query<EmsConversation>(
    `SELECT id::text, person_id::text AS person, status, channel,
       floor(extract(epoch FROM opened_on))::double precision AS opened,
       floor(extract(epoch FROM last_activity_on))::double precision AS active
     FROM conversation`,
  );
  return rows;
}
