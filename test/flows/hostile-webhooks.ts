import { createHmac } from 'node:crypto';
import { PLANTED } from './hostile-target.ts';

const [NAME = '', EMAIL = '', PHONE = '', BIRTH = '', STREET = '', HUSH = '', WORD = '', CODE = ''] = PLANTED;

/** A contact as a webhook shows it, with planted values in every text and in names. */
const contactOf = (id: unknown) => ({
  id,
  name: NAME,
  email: EMAIL,
  phone_number: PHONE,
  identifier: WORD,
  thumbnail: HUSH,
  custom_attributes: { ems_person_id: CODE, [WORD]: BIRTH },
  additional_attributes: { address: STREET, [CODE]: NAME },
});

/** A change of a field of ours, and one of a field that the remote has invented. */
const CHANGES = [{ name: { previous_value: NAME, current_value: WORD }, [CODE]: { previous_value: EMAIL } }];

const conversationOf = (id: unknown) => ({
  id,
  status: CODE,
  custom_attributes: { ems_conversation_id: WORD, [WORD]: NAME },
  meta: { sender: contactOf(1), assignee: { name: NAME } },
  messages: [{ id: 1, content: STREET, sender: contactOf(1) }],
});

/** Bodies that name this contact, a contact and conversations that nobody knows, and nothing that could be looked up. */
const bodiesAbout = (contact: number): unknown[] => [
  { event: 'contact_updated', account: { id: 1, name: NAME }, ...contactOf(contact), changed_attributes: CHANGES },
  { event: 'contact_created', ...contactOf(987_654) },
  { event: 'contact_updated', ...contactOf(WORD), changed_attributes: WORD },
  { event: 'conversation_updated', ...conversationOf(987_655), changed_attributes: CHANGES },
  { event: 'message_created', id: 1, content: NAME, sender: contactOf(1), conversation: conversationOf(987_656) },
  { event: CODE, [WORD]: NAME },
  [NAME],
  NAME,
];

/**
 * Sends genuine ChatWoot webhooks whose texts are all planted, and forged ones, also with planted headers.
 *
 * @returns what the gateway answers, by webhook.
 */
export async function sendHostileChatwootWebhooks(
  url: string,
  { secret, contact }: { readonly secret: string; readonly contact: number },
): Promise<Map<string, string>> {
  const timestamp = `${Math.floor(Date.now() / 1_000)}`;
  const answers = new Map<string, string>();
  const send = async (what: string, body: string, headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(`${url}/hooks/chatwoot`, { method: 'POST', headers, body });
    answers.set(`${what}: ${answer.status}`, JSON.stringify([...answer.headers]) + (await answer.text()));
  };
  for (const [at, value] of bodiesAbout(contact).entries()) {
    // The last one is not JSON.
    const body = value === NAME ? NAME : JSON.stringify(value);
    const signature = `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
    const headers = { 'x-chatwoot-timestamp': timestamp, 'x-chatwoot-delivery': WORD, 'user-agent': NAME };
    await send(`genuine webhook ${at}`, body, { ...headers, 'x-chatwoot-signature': signature });
    await send(`forged webhook ${at}`, body, { ...headers, 'x-chatwoot-signature': `sha256=${WORD}` });
    await send(`webhook ${at} of an odd time`, body, { ...headers, 'x-chatwoot-timestamp': CODE });
  }
  return answers;
}
