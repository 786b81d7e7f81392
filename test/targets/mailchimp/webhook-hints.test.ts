import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { secretInPath, isSignedByMailchimp, mailchimpHints } from '../../../targets/mailchimp/webhook-hints.ts';
import { FormReceiver } from '../../simulators/form-receiver.ts';
import { asSent } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, OPTED_OUT } from './mailchimp-under-test.ts';
import { eventually } from '../../simulators/eventually.ts';

const mailchimp = mailchimpUnderTest();

const form = (fields: Readonly<Record<string, string>>) => mailchimpHints(new URLSearchParams(fields));

describe('a webhook’s form', () => {
  test.each([
    ['subscribe', { 'data[email]': 'Ana@clube.example' }, ['ana@clube.example']],
    ['unsubscribe', { 'data[email]': 'ana@clube.example', 'data[action]': 'unsub' }, ['ana@clube.example']],
    ['profile', { 'data[email]': ' ana@clube.example ' }, ['ana@clube.example']],
    ['cleaned', { 'data[email]': 'ana@clube.example', 'data[reason]': 'hard' }, ['ana@clube.example']],
    [
      'upemail',
      { 'data[new_email]': 'ana@home.example', 'data[old_email]': 'ana@clube.example' },
      ['ana@home.example', 'ana@clube.example'],
    ],
    ['campaign', { 'data[email]': 'ana@clube.example' }, []],
    ['', { 'data[email]': 'ana@clube.example' }, []],
    ['unsubscribe', { 'data[email]': 'nobody' }, []],
    ['unsubscribe', {}, []],
  ])('of type %j with %j speaks of %j, by hash, each once', (type, data, emails) => {
    expect(form({ type, ...data })).toEqual(emails.map(hashOf));
  });
});

describe('a signature', () => {
  const NOW_MS = 1_800_000_000_000;
  const BODY = Buffer.from('type=unsubscribe&data%5Bemail%5D=ana%40clube.example');
  const signed = (t: number | string, secret = 'secret', body: Buffer = BODY) =>
    `t=${t},v1=${createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex')}`;
  const isGood = (header: string | undefined, secrets = ['secret']) =>
    isSignedByMailchimp(header, BODY, secrets, NOW_MS);

  test('of the bytes and the time is good for five minutes, with any of the secrets', () => {
    expect(isGood(signed(NOW_MS / 1_000))).toBe(true);
    expect(isGood(signed(NOW_MS / 1_000).replace(',', ', '))).toBe(true);
    expect(isGood(signed(NOW_MS / 1_000 - 299))).toBe(true);
    expect(isGood(signed(NOW_MS / 1_000), ['new', 'secret'])).toBe(true);
  });

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['older', signed(NOW_MS / 1_000 - 301)],
    ['of the future', signed(NOW_MS / 1_000 + 301)],
    ['of another secret', signed(NOW_MS / 1_000, 'other')],
    ['of another body', signed(NOW_MS / 1_000, 'secret', Buffer.from('type=subscribe'))],
    ['without a time', signed(NOW_MS / 1_000).replace(/^t=\d+,/, '')],
    ['of another time', signed(NOW_MS / 1_000).replace(/^t=\d+/, `t=${NOW_MS / 1_000 + 1}`)],
    ['cut short', signed(NOW_MS / 1_000).slice(0, -1)],
    ['of no number', signed('now')],
  ])('that is %s is none', (_, header) => {
    expect(isGood(header)).toBe(false);
  });

  test('is nobody’s without a secret', () => {
    expect(isGood(signed(NOW_MS / 1_000, ''), [])).toBe(false);
  });
});

test('a secret path is one of the secrets, in whole', () => {
  expect(secretInPath('abc', ['abc'])).toBe('abc');
  expect(secretInPath('abc', ['xyz', 'abc'])).toBe('abc');
  for (const given of ['', 'ab', 'abcd', 'ABC']) expect(secretInPath(given, ['abc'])).toBeNull();
  expect(secretInPath('abc', [])).toBeNull();
});

const settled = () => eventually(async () => (await mailchimp.control.deliveries()).underWay === 0);

describe('MailChimp’s own webhooks', () => {
  let receiver: FormReceiver;

  beforeAll(async () => {
    receiver = await FormReceiver.start();
  });
  beforeEach(() => receiver.clear());
  afterAll(async () => {
    await receiver.stop();
  });

  /**
   * Creates the webhook as docs/targets.md says: all events except those from the API. Returns the secret, if there is
   * one.
   */
  async function subscribe(): Promise<string> {
    const { url, list, key } = mailchimp.started;
    const events = { subscribe: true, unsubscribe: true, profile: true, cleaned: true, upemail: true, campaign: false };
    const answer = await fetch(`${url}/3.0/lists/${list}/webhooks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: receiver.url, events, sources: { user: true, admin: true, api: false } }),
    });
    expect(answer.status).toBe(200);
    const { secret = '' } = (await answer.json()) as { readonly secret?: string };
    return secret;
  }

  const hinted = () => new Set(receiver.received.flatMap(({ raw }) => mailchimpHints(new URLSearchParams(raw))));

  test('name their members, and are signed where MailChimp signs', async () => {
    await mailchimp.control.setSettings({ signWebhooks: true });
    const secret = await subscribe();
    const email = 'ana@clube.example';
    await mailchimp.control.backdoor({ do: 'sign-up', email });
    await mailchimp.control.backdoor({ do: 'edit-member', member: email, set: { merge_fields: { FNAME: 'Ana' } } });
    await mailchimp.control.backdoor({ do: 'change-email', member: email, email: 'Ana+Home@clube.example' });
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: 'ana+home@clube.example' });
    await mailchimp.control.backdoor({ do: 'create-member', email: 'rui@clube.example' });
    await mailchimp.control.backdoor({ do: 'clean', member: 'rui@clube.example' });
    await settled();
    const types = ['cleaned', 'profile', 'subscribe', 'unsubscribe', 'upemail'];
    expect([...new Set(receiver.types)].toSorted()).toEqual(types);
    expect(hinted()).toEqual(new Set([email, 'ana+home@clube.example', 'rui@clube.example'].map(hashOf)));
    for (const { headers, raw } of receiver.received) {
      const header = headers['x-mailchimp-signature'];
      const isGood = (body: string, secrets: readonly string[]) =>
        isSignedByMailchimp(typeof header === 'string' ? header : undefined, Buffer.from(body), secrets, Date.now());
      expect(isGood(raw, ['another', secret])).toBe(true);
      expect(isGood(raw, ['another'])).toBe(false);
      expect(isGood(`${raw} `, [secret])).toBe(false);
    }
  });

  test('say nothing of what we write, and are unsigned as long as they have no secret', async () => {
    await subscribe();
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4711', { ...ANA, email: 'ana@home.example' }));
    asSent(await mailchimp.send('4711', { ...ANA, ...OPTED_OUT, email: 'ana@home.example' }));
    await mailchimp.control.backdoor({ do: 'sign-up', email: 'rui@clube.example' });
    await settled();
    expect(hinted()).toEqual(new Set([hashOf('rui@clube.example')]));
    for (const { headers } of receiver.received) expect(headers).not.toHaveProperty('x-mailchimp-signature');
  });
});
