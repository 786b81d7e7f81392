import { expect, test } from '@jest/globals';
import { ChatwootApi } from '../../../targets/chatwoot/api.ts';
import { refusedError } from '../../../targets/chatwoot/http.ts';
import { chatwoot } from '../../../targets/chatwoot/process.ts';
import { chatwootSettings } from '../../../targets/chatwoot/settings.ts';
import { unlimitedConnections } from '../../../targets/unlimited-connections.ts';
import { describeHostileRemote, type Respond } from '../hostile-remote.ts';
import { failureOf } from '../results.ts';

const settings = (url: string) => ({
  CHATWOOT_URL: url,
  CHATWOOT_ACCOUNT_ID: '1',
  CHATWOOT_TOKEN: 'token',
  CHATWOOT_INBOX_ID: '1',
});

function connect(url: string) {
  const remote = chatwoot.connect(
    chatwootSettings.parse(settings(url)),
    unlimitedConnections('ratchet', [new Uint8Array(32).fill(7)]),
  );
  const { inbound } = remote;
  if (inbound === undefined) throw new Error('ChatWoot is read');
  return { remote, inbound, api: new ChatwootApi(chatwootSettings.parse(settings(url))) };
}

const list = (type: 'Person' | 'Conversation') => ({ type, scope: 'all', since: null, page: null });

const hostile = describeHostileRemote((url) => {
  const { remote, inbound, api } = connect(url);
  return [
    () => remote.probe(),
    () => inbound.list(list('Person')),
    () => inbound.list(list('Conversation')),
    () => api.createContact({ name: 'Ana Silva' }).then(outcomeThrown),
    () => api.findContacts([['email', 'ana@clube.example']]),
    () =>
      api
        .postMessage('7', { content: 'Olá', message_type: 'outgoing', private: true, source_id: 'ems:1' })
        .then(outcomeThrown),
  ];
});

/** Throws like the senders do for a refusal or a missing record. */
function outcomeThrown(answer: Awaited<ReturnType<ChatwootApi['createContact' | 'postMessage']>>): void {
  if (answer.kind === 'refused') throw refusedError(answer.refused, 'POST');
  if (answer.kind === 'missing') throw refusedError({ attributes: [], saysTaken: false }, 'POST');
}

async function answering(respond: Respond, call: (connected: ReturnType<typeof connect>) => Promise<unknown>) {
  await hostile.start();
  try {
    hostile.respond = respond;
    return await failureOf(call(connect(hostile.url)));
  } finally {
    await hostile.stop();
  }
}

const pageIn = (url = '') => Number(new URL(url, 'http://any').searchParams.get('page'));

test.each([
  ['the page before again', (_page: number) => 1],
  ['an earlier page again', (page: number) => page % 3],
])('contacts whose list gives %s are against the contract', async (_, idOn) => {
  const failure = await answering(
    (request, response) => response.end(JSON.stringify({ payload: [{ id: 1 + idOn(pageIn(request.url)) }] })),
    ({ inbound }) => inbound.list(list('Person')),
  );
  expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
});

test('a list of contacts that never ends is against the contract', async () => {
  const failure = await answering(
    (request, response) => response.end(JSON.stringify({ payload: [{ id: pageIn(request.url) }] })),
    ({ inbound }) => inbound.list({ ...list('Person'), page: '100001:100000' }),
  );
  expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
});

test('messages that never end are against the contract', async () => {
  let last = 0;
  const failure = await answering(
    (_, response) => {
      last += 1;
      response.end(JSON.stringify({ payload: [{ id: last, message_type: 0, created_at: 0 }] }));
    },
    ({ api }) => api.messages({ id: 7, inbox_id: 1, status: 'open', created_at: 0, meta: {} }),
  );
  expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
  expect(last).toBeLessThan(1_000);
});
