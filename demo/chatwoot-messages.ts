import type { ChatwootState } from '../simulators/chatwoot/start.ts';
import { users } from '../simulators/chatwoot/records.ts';
import { differencesOf, type Content, type Difference } from './difference.ts';
import { plainText } from './plain-text.ts';

type Message = ChatwootState['conversations'][string]['messages'][number];

export interface EmsMessage {
  readonly id: string;
  readonly conversation: string;
  readonly author: string | null;
  readonly agent: string | null;
  readonly body: string | null;
  readonly private: boolean | null;
  /** Unix seconds. */
  readonly sent: number | null;
}

const NOTE = /^ems:(\d+)$/;

/**
 * Compares one conversation: each message of EMS exists once at ChatWoot as a private note, and each message written
 * there exists in EMS once, in the same order.
 */
export function messageDifferences(
  conversation: string,
  ems: readonly EmsMessage[],
  remote: readonly Message[],
): Difference[] {
  const spoken = remote.filter(({ message_type: type }) => type === 'incoming' || type === 'outgoing');
  const known = new Set(ems.map(({ id }) => id));
  // A note whose message EMS has no more is deleted, and its place stays.
  const notes = spoken.filter((note) => isNote(note) && (!isDeleted(note) || known.has(noteOf(note))));
  const noted = new Map(notes.map((note) => [noteOf(note), note]));
  const own = ems.filter(({ id }) => noted.has(id));
  const theirs = ems.filter(({ id }) => !noted.has(id));
  const doubles = notes.filter((note) => noted.get(noteOf(note)) !== note);
  return [
    ...differencesOf(
      'notes',
      new Map(own.map(({ id, body }) => [id, { body: plainText(body), private: 'true' }])),
      new Map([...noted].map(([id, note]) => [id, { body: plainText(note.content), private: String(note.private) }])),
    ),
    ...doubles.map((note) => ({ type: 'notes', id: noteOf(note), what: 'surplus' as const, fields: [] })),
    ...differencesOf(
      'messages',
      numbered(
        conversation,
        spoken
          .filter((one) => !isNote(one))
          .toSorted(byId)
          .map(remoteContent),
      ),
      numbered(conversation, theirs.toSorted(byId).map(emsContent)),
    ),
  ];
}

/** Written by ems-sync: it carries the id of its message in EMS. */
export const isNote = ({ source_id: source }: Message) => NOTE.test(source ?? '');
const isDeleted = ({ content_attributes: attributes }: Message) => attributes['deleted'] === true;
const noteOf = ({ source_id: source }: Message) => NOTE.exec(source ?? '')?.[1] ?? '';

const byId = (one: { readonly id: string | number }, other: { readonly id: string | number }) =>
  Number(one.id) - Number(other.id);

const numbered = (conversation: string, contents: readonly Content[]) =>
  new Map(contents.map((content, index) => [`${conversation}, number ${index + 1}`, content]));

function remoteContent({
  message_type: type,
  content,
  private: isPrivate,
  sender,
  created_at: created,
}: Message): Content {
  return {
    author: type === 'incoming' ? 'PERSON' : 'AGENT',
    agent: type === 'incoming' ? null : (users.find(({ id }) => id === sender?.id)?.name ?? null),
    body: plainText(content),
    private: String(isPrivate),
    sent: Math.floor(created / 1_000),
  };
}

function emsContent({ author, agent, body, private: isPrivate, sent }: EmsMessage): Content {
  return { author, agent, body: plainText(body), private: String(isPrivate), sent };
}
