import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { type Delivery, type StartedChatwoot, startChatwoot } from '../../simulators/chatwoot/start.ts';
import { chatwootUnderTest } from './chatwoot-under-test.ts';
import { eventually } from './eventually.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const chatwoot = chatwootUnderTest();

let receiver: WebhookReceiver;
/** Another ChatWoot, whose one webhook is never answered: its time-out runs while the other tests run. */
let unheard: StartedChatwoot;
let silent: WebhookReceiver;

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  silent = await WebhookReceiver.start();
  silent.answer = null;
  unheard = await startChatwoot({ token: 'secret' });
  await fetch(`${unheard.url}/api/v1/accounts/1/webhooks`, {
    method: 'POST',
    headers: { api_access_token: 'secret', 'content-type': 'application/json' },
    body: JSON.stringify({ webhook: { url: silent.url } }),
  });
  await unheard.control.backdoor({ do: 'create-contact', set: { identifier: 'unheard' } });
});

afterEach(() => {
  receiver.clear();
});

afterAll(async () => {
  await unheard?.stop();
  await receiver?.stop();
  await silent?.stop();
});

const ALL = [
  'contact_created',
  'contact_updated',
  'conversation_created',
  'conversation_updated',
  'conversation_status_changed',
  'message_created',
  'message_updated',
];

const subscribe = async (subscriptions: readonly string[] = ALL, url = receiver.url) =>
  (await chatwoot.ask('POST', '/webhooks', { webhook: { url, name: 'ems', subscriptions } })).body.payload.webhook;

const AT_ONCE = { webhookDelay: { ms: 0 } };

/** Waits until no webhook is pending. */
const settled = async (): Promise<readonly Delivery[]> => {
  expect(await eventually(async () => (await chatwoot.control.deliveries()).underWay === 0)).toBe(true);
  return (await chatwoot.control.deliveries()).deliveries;
};

const events = (): string[] => receiver.received.map(({ payload }) => payload.event);

describe('subscriptions', () => {
  test('are kept, changed and removed; an address has one; the answer holds the secret', async () => {
    const webhook = await subscribe();
    expect(webhook).toMatchObject({ id: 1, url: receiver.url, name: 'ems', subscriptions: ALL, account_id: 1 });
    expect(webhook.secret.length).toBeGreaterThan(16);
    const again = { webhook: { url: receiver.url, subscriptions: ['contact_created'] } };
    expect(await chatwoot.ask('POST', '/webhooks', again)).toEqual({
      status: 422,
      body: { message: 'Url has already been taken', attributes: ['url'] },
    });
    const { body } = await chatwoot.ask('PATCH', '/webhooks/1', { webhook: { subscriptions: ['contact_created'] } });
    expect(body.payload.webhook).toEqual({ ...webhook, subscriptions: ['contact_created'] });
    expect((await chatwoot.ask('GET', '/webhooks')).body).toEqual({ payload: { webhooks: [body.payload.webhook] } });
    const unwrapped = { url: receiver.url, subscriptions: ['contact_updated'] };
    expect((await chatwoot.ask('PUT', '/webhooks/1', unwrapped)).body.payload.webhook).toMatchObject(unwrapped);
    expect((await chatwoot.ask('DELETE', '/webhooks/1')).status).toBe(200);
    expect((await chatwoot.ask('GET', '/webhooks')).body).toEqual({ payload: { webhooks: [] } });
  });

  test.each(['contact_deleted', 'contact_merged'])('%s cannot be subscribed to', async (event) => {
    const { status, body } = await chatwoot.ask('POST', '/webhooks', {
      webhook: { url: receiver.url, subscriptions: [event] },
    });
    expect([status, body.attributes]).toEqual([422, ['subscriptions']]);
  });
});

describe('delivery', () => {
  test('is signed over the time and the raw body', async () => {
    const { secret } = await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    await chatwoot.createContact({ name: 'Zoë', email: 'zoe@club.example' });
    await settled();
    const [first] = receiver.received;
    if (first === undefined) throw new Error('Nothing was receiver.received.');
    const { headers, raw } = first;
    const timestamp = String(headers['x-chatwoot-timestamp']);
    expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(120);
    const hex = createHmac('sha256', secret).update(`${timestamp}.${raw}`).digest('hex');
    expect(headers['x-chatwoot-signature']).toBe(`sha256=${hex}`);
    expect(headers['x-chatwoot-delivery']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('comes 50 to 500 ms later, by itself', async () => {
    await subscribe();
    const startedAt = performance.now();
    await chatwoot.createContact({ email: 'a@club.example' });
    expect(receiver.received).toEqual([]);
    await settled();
    expect(receiver.received).toHaveLength(1);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(45);
  });

  test('of many at once comes in another order', async () => {
    await subscribe(['contact_created']);
    await Promise.all(Array.from({ length: 20 }, (_, nth) => chatwoot.createContact({ identifier: `per_${nth}` })));
    await settled();
    const ids = receiver.received.map(({ payload }) => Number(payload['id']));
    expect(ids).not.toEqual(ids.toSorted((left, right) => left - right));
    expect(new Set(ids).size).toBe(20);
  });

  test('reordered, comes after its successor', async () => {
    await subscribe(['contact_created']);
    await chatwoot.control.setFaults({ ...AT_ONCE, webhookReorder: { times: 1 } });
    await chatwoot.createContact({ identifier: 'first' });
    await chatwoot.createContact({ identifier: 'second' });
    await settled();
    expect(receiver.received.map(({ payload }) => payload['identifier'])).toEqual(['second', 'first']);
  });

  test('doubled, comes twice with a delivery id each; lost, never comes; both are in the list', async () => {
    await subscribe();
    const prefix = 'contact_created';
    await chatwoot.control.setFaults({ ...AT_ONCE, webhookDuplicate: { times: 1, match: { prefix } } });
    await chatwoot.createContact({ identifier: 'twice' });
    await settled();
    expect(receiver.received).toHaveLength(2);
    expect(new Set(receiver.received.map(({ headers }) => headers['x-chatwoot-delivery'])).size).toBe(2);
    expect(new Set(receiver.received.map(({ raw }) => raw)).size).toBe(1);

    await chatwoot.control.setFaults({ webhookDrop: { times: 1 } });
    await chatwoot.createContact({ identifier: 'lost' });
    const deliveries = await settled();
    expect(receiver.received).toHaveLength(2);
    expect(deliveries.map(({ fate, double }) => [fate, double])).toEqual([
      ['delivered', expect.any(Boolean)],
      ['delivered', expect.any(Boolean)],
      ['lost', false],
    ]);
    expect(deliveries.at(-1)?.payload).toMatchObject({ identifier: 'lost' });
  });

  test('refused is not tried again', async () => {
    await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    receiver.answer = 503;
    await chatwoot.createContact({ identifier: 'refused' });
    expect(await settled()).toMatchObject([{ fate: 'refused', status: 503 }]);
    receiver.answer = 200;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.received).toHaveLength(1);
  });

  test('of an older server has no signature, and its webhooks no secret', async () => {
    await chatwoot.control.setFaults({ ...AT_ONCE, olderServer: {} });
    expect(await subscribe()).not.toHaveProperty('secret');
    await chatwoot.createContact({ identifier: 'old' });
    await settled();
    expect(Object.keys(receiver.received[0]?.headers ?? {}).filter((name) => name.startsWith('x-'))).toEqual([]);
  });
});

describe('what is told', () => {
  test('an own write echoes, with what changed and nobody who did it', async () => {
    await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    const { id } = await chatwoot.createContact({
      name: 'Ana',
      email: 'ana@club.example',
      custom_attributes: { a: 1 },
    });
    await chatwoot.ask('PUT', `/contacts/${id}`, { name: 'Ana M.', custom_attributes: { a: 1, b: null } });
    await settled();
    expect(events()).toEqual(['contact_created', 'contact_updated']);
    const changed = receiver.received[1]?.payload['changed_attributes'];
    expect(changed).toEqual([
      { name: { previous_value: 'Ana', current_value: 'Ana M.' } },
      { custom_attributes: { previous_value: { a: 1 }, current_value: { a: 1, b: null } } },
      { updated_at: { previous_value: expect.stringMatching(/Z$/), current_value: expect.stringMatching(/Z$/) } },
    ]);
    expect(receiver.received[1]?.payload).toMatchObject({
      account: { id: 1 },
      id,
      name: 'Ana M.',
      email: 'ana@club.example',
    });
  });

  test('what changed nothing, a label, a deletion: nothing is told', async () => {
    const { id } = await chatwoot.createContact({ name: 'Ana', email: 'ana@club.example' });
    await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    await chatwoot.ask('PUT', `/contacts/${id}`, { name: 'Ana' });
    await chatwoot.ask('POST', `/contacts/${id}/labels`, { labels: ['ems'] });
    await chatwoot.ask('DELETE', `/contacts/${id}`);
    expect(await settled()).toEqual([]);
    expect(receiver.received).toEqual([]);
  });

  test('every message of a customer moves last_activity_at, which is told as a change of the contact', async () => {
    const { id } = await chatwoot.createContact({ email: 'ana@club.example' });
    await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    await chatwoot.control.backdoor({ do: 'customer-writes', contact: id, content: 'Olá' });
    await settled();
    expect(events().toSorted()).toEqual(['contact_updated', 'conversation_created', 'message_created']);
    const updated = receiver.received.find(({ payload }) => payload.event === 'contact_updated')?.payload;
    const changed = updated?.['changed_attributes'];
    const names = Array.isArray(changed) ? changed.flatMap(Object.keys) : [];
    expect(names).toEqual(['last_activity_at', 'updated_at']);
    const created = receiver.received.find(({ payload }) => payload.event === 'message_created')?.payload;
    expect(created).toMatchObject({
      content: 'Olá',
      message_type: 'incoming',
      private: false,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      conversation: { id: 1, meta: { sender: { id } } },
      sender: { id, email: 'ana@club.example' },
    });
  });

  test('a private note is told as a message, and moves no contact', async () => {
    const { id: contact_id } = await chatwoot.createContact({ email: 'ana@club.example' });
    const { body } = await chatwoot.ask('POST', '/conversations', { inbox_id: 1, contact_id });
    await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    const note = { content: 'Bib 101', private: true, source_id: 'ems:m1' };
    const { id } = (await chatwoot.ask('POST', `/conversations/${body.id}/messages`, note)).body;
    await chatwoot.ask('DELETE', `/conversations/${body.id}/messages/${id}`);
    await settled();
    expect(events().toSorted()).toEqual(['message_created', 'message_updated']);
    expect(receiver.received[0]?.payload).toMatchObject({
      id,
      message_type: 'outgoing',
      source_id: 'ems:m1',
      private: true,
    });
  });

  test("an agent's change of status is told twice over, its note not at all", async () => {
    const { id: contact_id } = await chatwoot.createContact({ email: 'ana@club.example' });
    await chatwoot.ask('POST', '/conversations', { inbox_id: 1, contact_id });
    await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    await chatwoot.control.backdoor({ do: 'edit-conversation', conversation: 1, status: 'resolved' });
    const noted = async () => (await chatwoot.control.state()).conversations['1']?.messages.length === 1;
    expect(await eventually(noted)).toBe(true);
    await settled();
    expect(events().toSorted()).toEqual(['conversation_status_changed', 'conversation_updated']);
    const status = receiver.received.find(({ payload }) => payload.event === 'conversation_status_changed')?.payload;
    expect(status).toMatchObject({
      id: 1,
      status: 'resolved',
      changed_attributes: [{ status: { previous_value: 'open', current_value: 'resolved' } }],
    });
  });

  test('a merge is told as a change of the base only', async () => {
    const base = await chatwoot.createContact({ identifier: 'per_1' });
    const mergee = await chatwoot.createContact({ identifier: 'per_2', email: 'ana@club.example' });
    await subscribe();
    await chatwoot.control.setFaults(AT_ONCE);
    await chatwoot.control.backdoor({ do: 'merge-contacts', base: base.id, mergee: mergee.id });
    await settled();
    expect(receiver.received.map(({ payload }) => [payload.event, payload['id']])).toEqual([
      ['contact_updated', base.id],
    ]);
  });
});

test('a webhook without an answer is given up after five seconds', async () => {
  await eventually(async () => (await unheard.control.deliveries()).underWay === 0);
  const [delivery] = (await unheard.control.deliveries()).deliveries;
  expect(delivery).toMatchObject({ fate: 'unanswered', status: null });
  expect(delivery?.tookMs).toBeGreaterThanOrEqual(4_900);
  expect(delivery?.tookMs).toBeLessThan(20_000);
});
