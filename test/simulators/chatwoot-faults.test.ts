import { describe, expect, test } from '@jest/globals';
import { chatwootUnderTest } from './chatwoot-under-test.ts';

const chatwoot = chatwootUnderTest();

const statusOf = (request: Promise<Response>): Promise<number | 'cut'> =>
  request.then(
    ({ status }) => status,
    () => 'cut' as const,
  );

const contacts = async () => Object.keys((await chatwoot.control.state()).contacts);

const get = (headers: Record<string, string>, account = 1): Promise<Response> =>
  fetch(`${chatwoot.url}/api/v1/accounts/${account}/contacts`, { headers });

describe('who may ask', () => {
  test('another token is refused, none at all in other words, another account is not found', async () => {
    const wrong = await get({ api_access_token: 'other' });
    expect([wrong.status, await wrong.json()]).toEqual([401, { error: 'Invalid Access Token' }]);
    const none = await get({});
    expect([none.status, Object.keys((await none.json()) as object)]).toEqual([401, ['errors']]);
    const elsewhere = await get({ api_access_token: 'secret' }, 2);
    expect([elsewhere.status, await elsewhere.json()]).toEqual([404, { error: 'Resource could not be found' }]);
  });

  test('an unknown path is 404, and what is not JSON 400', async () => {
    expect((await chatwoot.call('GET', '/nothing')).status).toBe(404);
    const answer = await fetch(`${chatwoot.url}/api/v1/accounts/1/contacts`, {
      method: 'POST',
      headers: { api_access_token: 'secret', 'content-type': 'application/json' },
      body: '{"name":',
    });
    expect(answer.status).toBe(400);
  });

  test('the journal keeps no token', async () => {
    await chatwoot.createContact({ email: 'a@club.example' });
    const journal = await chatwoot.control.journal();
    expect(journal).toMatchObject([
      { method: 'POST', status: 200, outcome: 'created', body: { email: 'a@club.example' } },
    ]);
    expect(JSON.stringify(journal)).not.toContain('secret');
  });
});

describe('answers that a knob asks for', () => {
  test('429 is plain text, with Retry-After only if one is given', async () => {
    await chatwoot.control.setFaults({
      respond: [
        { status: 429, times: 1 },
        { status: 429, retryAfterSeconds: 3 },
      ],
    });
    const first = await chatwoot.call('GET', '/contacts');
    expect([first.status, await first.text(), first.headers.get('retry-after')]).toEqual([429, 'Retry later\n', null]);
    expect((await chatwoot.call('GET', '/contacts')).headers.get('retry-after')).toBe('3');
  });

  test.each([
    [401, { error: 'Invalid Access Token' }],
    [404, { error: 'Resource could not be found' }],
    [500, { status: 500 }],
  ])('%i is worded as ChatWoot words it', async (status, body) => {
    await chatwoot.control.setFaults({ respond: { status, times: 1 } });
    const answer = await chatwoot.call('GET', '/contacts/1');
    expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining(body)]);
  });

  test("502 is the proxy's page", async () => {
    await chatwoot.control.setFaults({ respond: { status: 502 } });
    expect((await chatwoot.call('GET', '/contacts')).headers.get('content-type')).toMatch(/html/);
  });
});

describe('connections', () => {
  test('cut before the effect, cut after it', async () => {
    const create = () => statusOf(chatwoot.call('POST', '/contacts', { email: 'a@club.example' }));
    await chatwoot.control.setFaults({ failBefore: { times: 1 } });
    expect([await create(), await contacts()]).toEqual(['cut', []]);
    await chatwoot.control.setFaults({ failAfter: { times: 1 } });
    expect([await create(), await contacts()]).toEqual(['cut', ['1']]);
    expect(await create()).toBe(422);
  });

  test('garbled answers come with the effect', async () => {
    await chatwoot.control.setFaults({ garble: { as: 'html', times: 1 } });
    const answer = await chatwoot.call('POST', '/contacts', { email: 'a@club.example' });
    expect([answer.status, (await answer.text()).startsWith('<!doctype')]).toEqual([200, true]);
    expect(await contacts()).toEqual(['1']);
  });
});

test('reset empties everything, and the clock is right again', async () => {
  await chatwoot.createContact({ email: 'a@club.example' });
  await chatwoot.control.setClock(86_400_000);
  await chatwoot.control.reset();
  expect(await chatwoot.control.state()).toEqual({
    contacts: {},
    conversations: {},
    webhooks: {},
    definitions: {},
    sentToCustomers: [],
  });
  expect((await chatwoot.createContact({ email: 'a@club.example' })).id).toBe(1);
});

test('a mistake at the back door is said to be one', async () => {
  const wrong = { do: 'edit-contact', contact: 1, set: { mail: 'x' } } as unknown as {
    do: 'delete-contact';
    contact: number;
  };
  await expect(chatwoot.control.backdoor(wrong)).rejects.toThrow(/400.*mail/s);
  await expect(chatwoot.control.backdoor({ do: 'delete-contact', contact: 9 })).rejects.toThrow(/404/);
});
