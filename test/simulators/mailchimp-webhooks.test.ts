import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type StartedMailchimp, startMailchimp } from '../../simulators/mailchimp/start.ts';
import { FormReceiver } from './form-receiver.ts';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';
import { eventually } from './eventually.ts';

const mailchimp = mailchimpUnderTest();

let receiver: FormReceiver;
/** Another Mailchimp, whose one webhook is never answered: its time-out runs while the other tests run. */
let unheard: StartedMailchimp;
let silent: FormReceiver;

beforeAll(async () => {
  receiver = await FormReceiver.start();
  silent = await FormReceiver.start();
  unheard = await startMailchimp({ settings: { webhookRetriesMs: [] } });
  await fetch(`${unheard.url}/3.0/lists/${unheard.list}/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${unheard.key}` },
    body: JSON.stringify({ url: silent.url, events: { subscribe: true }, sources: { admin: true } }),
  });
  silent.answers = [];
  await unheard.control.backdoor({ do: 'create-member', email: 'unheard@clube.example' });
});
beforeEach(() => receiver.clear());
afterAll(async () => {
  await unheard?.stop();
  await receiver?.stop();
  await silent?.stop();
});

const email = 'ana@clube.example';
const events = { subscribe: true, unsubscribe: true, profile: true, cleaned: true, upemail: true, campaign: false };
const everybody = { user: true, admin: true, api: true };

const subscribe = async (more: object = {}) => {
  const { status, body } = await mailchimp.ask('POST', '/webhooks', {
    url: receiver.url,
    events,
    sources: everybody,
    ...more,
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
};

/** The deliveries of the webhook that is never answered. */
const ended = async () => (await unheard.control.deliveries()).deliveries;

/** Waits until no webhook is pending. */
const settled = async (): Promise<void> => {
  const quiet = await eventually(async () => (await mailchimp.control.deliveries()).underWay === 0);
  if (!quiet) throw new Error('Webhooks are still under way.');
};

/** The webhooks that `work` causes, sorted by name. */
const happens = async (work: () => Promise<unknown>): Promise<string[]> => {
  await settled();
  receiver.clear();
  await work();
  await settled();
  return receiver.types.toSorted();
};
const patch = (body: object) => () => mailchimp.ask('PATCH', `/members/${email}`, body);

describe('a webhook', () => {
  test('is made if its URL answers, once for each URL, and can be read and deleted', async () => {
    const made = await subscribe();
    expect(made).toMatchObject({ url: receiver.url, events, sources: everybody });
    expect(made).not.toHaveProperty('secret');
    expect(receiver.asked).toBe(1);
    expect(await mailchimp.refusal('POST', '/webhooks', { url: receiver.url })).toEqual([
      400,
      'Invalid Resource',
      'url',
    ]);
    expect((await mailchimp.ask('GET', '/webhooks')).body).toMatchObject({
      webhooks: [{ id: made.id }],
      total_items: 1,
    });
    const patched = await mailchimp.ask('PATCH', `/webhooks/${made.id}`, { sources: { api: false } });
    expect(patched.body.sources).toEqual({ user: true, admin: true, api: false });
    expect((await mailchimp.ask('DELETE', `/webhooks/${made.id}`)).status).toBe(204);
    expect(await mailchimp.refusal('GET', `/webhooks/${made.id}`)).toEqual([404, 'Resource Not Found']);
  });

  test('is not made for a URL that does not answer with success', async () => {
    receiver.answers = [404];
    expect(await mailchimp.refusal('POST', '/webhooks', { url: receiver.url })).toEqual([
      400,
      'Invalid Resource',
      'url',
    ]);
    expect(await mailchimp.refusal('POST', '/webhooks', { url: 'http://127.0.0.1:9/' })).toEqual([
      400,
      'Invalid Resource',
      'url',
    ]);
  });

  test('is a form: type, time and data, nested as PHP nests them', async () => {
    await subscribe();
    await mailchimp.put(email, {
      merge_fields: {
        FNAME: 'Zoë & Ana',
        ADDRESS: { addr1: 'Rua Nova 1', city: 'Porto', state: '-', zip: '4000-100', country: 'PT' },
      },
    });
    await settled();
    const [form] = receiver.received;
    expect(form?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(form?.headers).not.toHaveProperty('x-mailchimp-signature');
    expect(form?.fields).toMatchObject({
      type: 'subscribe',
      fired_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      'data[email]': email,
      'data[list_id]': mailchimp.started.list,
      'data[merges][EMAIL]': email,
      'data[merges][FNAME]': 'Zoë & Ana',
      'data[merges][LNAME]': '',
      'data[merges][ADDRESS][city]': 'Porto',
      'data[merges][GROUPINGS][0][name]': 'EMS topics',
    });
  });

  test('of nobody’s interest is not sent: neither its event nor its source may be switched off', async () => {
    await subscribe({ sources: { user: true, admin: true, api: false } });
    await mailchimp.put(email);
    await mailchimp.ask('PATCH', `/members/${email}`, { merge_fields: { FNAME: 'Ana' } });
    await mailchimp.control.backdoor({ do: 'edit-member', member: email, set: { merge_fields: { FNAME: 'Anabela' } } });
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    await settled();
    expect(receiver.types.toSorted()).toEqual(['profile', 'unsubscribe']);
    expect((await mailchimp.control.deliveries()).deliveries.map(({ source }) => source)).toEqual(['user', 'user']);
  });
});

describe('told are', () => {
  test('each change by what it is', async () => {
    await subscribe();
    expect(await happens(() => mailchimp.put(email))).toEqual(['subscribe']);
    expect(await happens(() => mailchimp.put(email))).toEqual([]);
    expect(await happens(patch({ merge_fields: { FNAME: 'Ana' } }))).toEqual(['profile']);
    expect(await happens(patch({ status: 'unsubscribed' }))).toEqual(['unsubscribe']);
    expect(receiver.received[0]?.fields).toMatchObject({ 'data[action]': 'unsub', 'data[reason]': 'manual' });
    expect(await happens(patch({ status: 'pending' }))).toEqual([]);
    expect(await happens(() => mailchimp.control.backdoor({ do: 'confirm', member: email }))).toEqual(['subscribe']);
    expect(await happens(() => mailchimp.control.backdoor({ do: 'clean', member: email }))).toEqual(['cleaned']);
    expect(receiver.received[0]?.fields).toMatchObject({ 'data[email]': email, 'data[reason]': 'hard' });
  });

  test('a change of address, and the profile next to it unless set otherwise; tags not at all', async () => {
    await subscribe();
    await mailchimp.put(email);
    const move = patch({ email_address: 'b@clube.example' });
    expect(await happens(move)).toEqual(['profile', 'upemail']);
    const { fields } = receiver.received.find((form) => form.fields['type'] === 'upemail') ?? {};
    expect(fields).toMatchObject({ 'data[old_email]': email, 'data[new_email]': 'b@clube.example' });
    await mailchimp.control.setSettings({ profileNextToUpemail: false });
    const back = { email_address: email };
    expect(await happens(() => mailchimp.ask('PATCH', '/members/b@clube.example', back))).toEqual(['upemail']);
    const tags = { tags: [{ name: 'ems', status: 'active' }] };
    expect(await happens(() => mailchimp.ask('POST', `/members/${email}/tags`, tags))).toEqual([]);
  });

  test('who is archived or erased while subscribed, unless set otherwise', async () => {
    await subscribe();
    await mailchimp.put(email);
    expect(await happens(() => mailchimp.ask('DELETE', `/members/${email}`))).toEqual(['unsubscribe']);
    expect(receiver.received[0]?.fields['data[action]']).toBe('delete');
    expect(await happens(() => mailchimp.ask('POST', `/members/${email}/actions/delete-permanent`))).toEqual([]);
    await mailchimp.control.setSettings({ archiveTellsUnsubscribe: false });
    await mailchimp.put('b@clube.example');
    expect(await happens(() => mailchimp.ask('DELETE', '/members/b@clube.example'))).toEqual([]);
  });
});

describe('deliveries', () => {
  test('that fail are sent again, a while, then never', async () => {
    await subscribe();
    await mailchimp.control.setSettings({ webhookRetriesMs: [20, 20] });
    receiver.answers = [500, 503, 200];
    await mailchimp.put(email);
    await settled();
    const fates = async () =>
      (await mailchimp.control.deliveries()).deliveries.map(({ fate, status, attempt }) => [fate, status, attempt]);
    expect(await fates()).toEqual([
      ['refused', 500, 1],
      ['refused', 503, 2],
      ['delivered', 200, 3],
    ]);
    expect(new Set(receiver.received.map(({ raw }) => raw)).size).toBe(1);
    receiver.answers = [500];
    await mailchimp.put('b@clube.example');
    await settled();
    expect((await fates()).slice(3)).toEqual([1, 2, 3].map((attempt) => ['refused', 500, attempt]));
  });

  test('are lost, doubled, late or overtaken by knobs', async () => {
    await subscribe();
    await mailchimp.control.setFaults({ webhookDrop: { times: 1 } });
    await mailchimp.put('lost@clube.example');
    await settled();
    expect(receiver.received).toEqual([]);
    await mailchimp.control.setFaults({ webhookDuplicate: { times: 1 } });
    await mailchimp.put('twice@clube.example');
    await settled();
    expect(receiver.types).toEqual(['subscribe', 'subscribe']);
    receiver.clear();
    await mailchimp.control.setFaults({ webhookDelay: { ms: 0 }, webhookReorder: { times: 1 } });
    await mailchimp.put('first@clube.example');
    await mailchimp.put('second@clube.example');
    await settled();
    expect(receiver.received.map(({ fields }) => fields['data[email]'])).toEqual([
      'second@clube.example',
      'first@clube.example',
    ]);
    expect((await mailchimp.control.deliveries()).deliveries.map(({ fate, double }) => [fate, double])).toEqual([
      ['lost', false],
      ['delivered', false],
      ['delivered', true],
      ['delivered', false],
      ['delivered', false],
    ]);
  });

  test('are signed where the account can, with a secret that is told once', async () => {
    await mailchimp.control.setSettings({ signWebhooks: true });
    const { secret, id } = await subscribe();
    expect((await mailchimp.ask('GET', `/webhooks/${id}`)).body).not.toHaveProperty('secret');
    await mailchimp.put(email);
    await settled();
    const [form] = receiver.received;
    const [, seconds, signature] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(form?.headers['x-mailchimp-signature'])) ?? [];
    const expected = createHmac('sha256', secret).update(`${seconds}.${form?.raw}`).digest('hex');
    expect(signature).toBe(expected);
    expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(120);
  });

  test('are waited for ten seconds, and no longer', async () => {
    await eventually(async () => (await ended()).length > 0);
    expect((await ended()).map(({ fate, status }) => [fate, status])).toEqual([['unanswered', null]]);
    expect(silent.types).toEqual(['subscribe']);
  });
});
