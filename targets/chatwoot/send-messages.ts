import { z } from 'zod';
import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SentMessage } from '../remote-system.ts';
import type { Message } from './answers.ts';
import type { ChatwootApi } from './api.ts';
import { refusedError } from './http.ts';
import { emsMessageIn, isDeleted } from './read-conversation.ts';

/** The mapping's field `messages`. */
const emsMessages = z
  .array(z.object({ key: z.string(), body: z.string(), private: z.boolean().nullish(), author: z.string().nullish() }))
  .nullish();

type EmsMessage = NonNullable<z.infer<typeof emsMessages>>[number];

/** ChatWoot accepts 200 messages a minute in one conversation, and then refuses without a reason. */
const MOST_IN_A_MINUTE = 200;
const A_MINUTE_MS = 60_000;

export interface SendMessagesRequest {
  readonly conversationId: string;
  readonly content: Content;
  /** The existing messages, oldest first. */
  readonly there: readonly Message[];
  /** Send messages that are not private in EMS to the person. */
  readonly sendPublic: boolean;
}

/**
 * Writes the missing messages of EMS as private notes, and deletes notes whose message no longer exists in EMS.
 * `source_id` links the two; a note that an agent deleted stays deleted.
 */
export async function sendMessages(
  api: ChatwootApi,
  { conversationId, content, there, sendPublic }: SendMessagesRequest,
): Promise<{ readonly messages: readonly SentMessage[]; readonly changed: boolean }> {
  const wanted = emsMessages.parse(content['messages']) ?? [];
  const known = new Map<string, string>();
  const superfluous: number[] = [];
  for (const message of there) {
    const key = emsMessageIn(message);
    if (key === null) continue;
    const isWanted = wanted.some((one) => one.key === key) && !known.has(key);
    if (isWanted) known.set(key, String(message.id));
    // A message that was sent to the person cannot be withdrawn.
    else if (message.private === true && !isDeleted(message)) superfluous.push(message.id);
  }
  let posted = 0;
  for (const message of wanted) {
    if (known.has(message.key)) continue;
    known.set(message.key, await post(api, conversationId, message, { sendPublic, before: there.length + posted }));
    posted += 1;
  }
  for (const id of superfluous) await api.deleteMessage(conversationId, id);
  return {
    messages: wanted.map(({ key }) => ({ key, remoteId: known.get(key) ?? '' })),
    changed: posted + superfluous.length > 0,
  };
}

async function post(
  api: ChatwootApi,
  conversationId: string,
  message: EmsMessage,
  { sendPublic, before }: { readonly sendPublic: boolean; readonly before: number },
): Promise<string> {
  const what = `POST conversations/${conversationId}/messages`;
  const answer = await api.postMessage(conversationId, {
    content: message.body,
    message_type: 'outgoing',
    private: !(sendPublic && isForThePerson(message)),
    source_id: `ems:${message.key}`,
  });
  if (answer.kind === 'answered') return String(answer.value.id);
  if (answer.kind === 'missing') {
    throw new SyncError('transient', `ChatWoot lost conversation ${conversationId} during ${what}`, {
      code: 'changed',
    });
  }
  if (before < MOST_IN_A_MINUTE) throw refusedError(answer.refused, what);
  throw new SyncError('transient', `ChatWoot takes no more messages in conversation ${conversationId} for now`, {
    code: 'too-many-messages',
    retryAfterMs: A_MINUTE_MS,
  });
}

/** A message from the person is never sent to the person. */
const isForThePerson = (message: EmsMessage) => message.private === false && message.author !== 'PERSON';
