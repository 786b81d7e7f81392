import { describe, expect, test } from '@jest/globals';
import type { Suppression } from '../../../sync/suppression.ts';
import { asSent, type More } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, OPTED_OUT, RUI } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const EMAIL = 'ana@clube.example';
const member = hashOf(EMAIL);

const status = async (email = EMAIL) => (await mailchimp.member(email))?.status ?? null;

const refused = (reason: string) => ({ kind: 'withheld', refusals: [{ channel: 'email', reason }] });

/** Refusals at MailChimp, by who made them. */
const REFUSALS = [
  ['unsubscribed by the person', { do: 'unsubscribe', member, by: 'user' }, 'unsubscribed', 'unsubscribed'],
  ['unsubscribed by staff', { do: 'unsubscribe', member, by: 'admin' }, 'unsubscribed', 'unsubscribed'],
  ['cleaned', { do: 'clean', member }, 'cleaned', 'bounced'],
  ['archived by staff', { do: 'archive', member }, 'archived', 'archived'],
] as const;

describe.each(REFUSALS)('%s', (_, action, standing, reason) => {
  test.each([
    ['an edit', { ...ANA, FNAME: 'Eva' }],
    ['an opt-in', { ...ANA, topics: new Set(['NEWSLETTER', 'OFFERS']) }],
    ['nothing said', { ...ANA, consent: null, topics: new Set<string>() }],
  ])('%s changes nothing', async (_name, content) => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor(action);
    await mailchimp.control.clearJournal();
    expect(await mailchimp.send('4711', content)).toMatchObject(refused(reason));
    expect(await status()).toBe(standing);
    expect(await mailchimp.writes()).toEqual([]);
  });

  test('a bulk load leaves it', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor(action);
    const [result, other] = await mailchimp.sendMany([mailchimp.request('4711', ANA), mailchimp.request('4712', RUI)]);
    expect(result).toMatchObject(refused(reason));
    expect(await status()).toBe(standing);
    asSent(other);
  });
});

test('a compliance state that shows only when it is written is told by the refusal', async () => {
  asSent(await mailchimp.send('4711', ANA));
  await mailchimp.control.backdoor({ do: 'unsubscribe', member, by: 'user' });
  expect(await mailchimp.send('4711', ANA, {}, mailchimp.connect({}, 'ems-wins'))).toMatchObject(refused('compliance'));
  expect(await status()).toBe('unsubscribed');
});

describe('an address that was erased is forgotten for good', () => {
  test.each(['ratchet', 'ems-wins'] as const)('under %s', async (policy) => {
    await mailchimp.control.backdoor({ do: 'forget', email: EMAIL });
    expect(await mailchimp.send('4711', ANA, {}, mailchimp.connect({}, policy))).toMatchObject(refused('forgotten'));
    expect(await status()).toBeNull();
  });

  test('until its person signs up anew: that one is written to', async () => {
    await mailchimp.control.backdoor({ do: 'forget', email: EMAIL });
    await mailchimp.control.backdoor({ do: 'sign-up', email: EMAIL });
    asSent(await mailchimp.send('4711', ANA));
    expect(await status()).toBe('subscribed');
  });
});

/** A member as MailChimp returns it, except for its status. */
async function standsAs(other: string) {
  asSent(await mailchimp.send('4711', ANA));
  const { url, list, key } = mailchimp.started;
  const answer = await fetch(`${url}/3.0/lists/${list}/members/${member}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const body: unknown = { ...Object(await answer.json()), status: other };
  await mailchimp.control.setFaults({ respond: { status: 200, body, match: { method: 'GET' } } });
  await mailchimp.control.clearJournal();
}

describe('a status', () => {
  test('that we do not know is taken for a refusal', async () => {
    await standsAs('under-review');
    expect(await mailchimp.send('4711', { ...ANA, FNAME: 'Eva' })).toMatchObject(refused('compliance'));
    expect(await mailchimp.writes()).toEqual([]);
  });

  test('of whoever gets receipts alone is no yes: the person is asked', async () => {
    await standsAs('transactional');
    await mailchimp.send('4711', ANA).catch(() => null);
    const [first] = await mailchimp.control.journal({ writesOnly: true });
    expect(first?.body).toMatchObject({ status: 'pending' });
  });
});

test('a member that MailChimp itself keeps under review is not touched in its status', async () => {
  asSent(await mailchimp.send('4711', ANA));
  await mailchimp.control.backdoor({ do: 'mark-compliance', member });
  asSent(await mailchimp.send('4711', { ...ANA, FNAME: 'Eva' }));
  expect(await mailchimp.member(EMAIL)).toMatchObject({ status: 'subscribed', hold: 'compliance' });
  asSent(await mailchimp.send('4711', { ...ANA, ...OPTED_OUT }));
  expect(await status()).toBe('unsubscribed');
  // The person is not even asked again, because MailChimp refuses it.
  expect(await mailchimp.send('4711', ANA)).toMatchObject(refused('compliance'));
  expect(await status()).toBe('unsubscribed');
});

describe('EMS’s own no', () => {
  test('goes out before all else, also if the rest is refused', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.clearJournal();
    await expect(mailchimp.send('4711', { ...ANA, ...OPTED_OUT, FNAME: 'x'.repeat(300) })).rejects.toMatchObject({
      errorClass: 'rejected',
    });
    expect(await status()).toBe('unsubscribed');
    const [first] = await mailchimp.control.journal({ writesOnly: true });
    expect(first).toMatchObject({ method: 'PATCH', body: { status: 'unsubscribed' } });
  });

  test('taken back asks the person, and mails nobody before the answer', async () => {
    asSent(await mailchimp.send('4711', ANA));
    const out = asSent(await mailchimp.send('4711', { ...ANA, ...OPTED_OUT }));
    expect(out.stored).toMatchObject({ status: 'unsubscribed' });
    asSent(await mailchimp.send('4711', ANA));
    expect(await status()).toBe('pending');
    expect((await mailchimp.control.state()).confirmationsSent).toEqual([EMAIL]);
    await mailchimp.control.backdoor({ do: 'confirm', member });
    asSent(await mailchimp.send('4711', ANA));
    expect(await status()).toBe('subscribed');
  });

  test('whose answer was lost is still known as EMS’s own', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.setFaults({ failAfter: { times: 1, match: { method: 'PATCH' } } });
    await expect(mailchimp.send('4711', { ...ANA, ...OPTED_OUT })).rejects.toMatchObject({ errorClass: 'transient' });
    asSent(await mailchimp.send('4711', { ...ANA, ...OPTED_OUT }));
    asSent(await mailchimp.send('4711', ANA));
    expect(await status()).toBe('pending');
  });

  test('alone, of a row that cannot be sent, reaches the member, and no one else’s', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4712', RUI));
    await mailchimp.control.backdoor({ do: 'create-member', email: 'ana@home.example' });
    await mailchimp.control.clearJournal();
    await mailchimp.optOut('4711', ['email'], { email: 'ana@home.example' });
    await mailchimp.optOut('4711', ['email'], { email: 'ana@home.example' });
    expect(await mailchimp.writes()).toHaveLength(2);
    expect([await status(), await status('ana@home.example')]).toEqual(['unsubscribed', 'unsubscribed']);
    await mailchimp.optOut('4711', ['email'], { email: 'rui@clube.example' });
    await mailchimp.optOut('4711', ['sms'], { email: 'rui@clube.example' });
    expect(await status('rui@clube.example')).toBe('subscribed');
  });
});

describe('a member that waits for its person’s answer', () => {
  test('is written to, and stays so', async () => {
    await mailchimp.control.backdoor({ do: 'sign-up', email: EMAIL, confirm: false });
    asSent(await mailchimp.send('4711', ANA));
    expect(await status()).toBe('pending');
    await mailchimp.send('4711', { ...ANA, ...OPTED_OUT });
    expect(await status()).toBe('unsubscribed');
  });
});

test('who comes back after having been put away is asked', async () => {
  asSent(await mailchimp.send('4711', ANA));
  await mailchimp.remove('4711');
  mailchimp.records.forget('4711');
  asSent(await mailchimp.send('4711', ANA));
  expect(await status()).toBe('pending');
});

const can = (more: More, content = ANA) => mailchimp.remote().bulk?.canGather(mailchimp.request('4711', content, more));

test('what the suppression list refuses is not gathered into a bulk call', () => {
  const suppressions: Suppression[] = [{ channel: 'email', reason: 'unsubscribed' }];
  expect(can({})).toBe(true);
  expect(can({ suppressions })).toBe(false);
  expect(can({ release: true })).toBe(false);
  expect(can({}, { ...ANA, consent: 'unsubscribed' })).toBe(false);
  expect(can({}, { ...ANA, consent: null })).toBe(false);
  expect(can({ remoteId: hashOf('ana@home.example') })).toBe(false);
});

describe('CONSENT_POLICY=ems-wins', () => {
  test.each([
    ['unsubscribed by API or staff is overruled', { do: 'unsubscribe', member, by: 'admin' }, false],
    ['a bounce is not', { do: 'clean', member }, true],
    ['what staff have put away is not', { do: 'archive', member }, true],
  ] as const)('%s', async (_, action, stays) => {
    await mailchimp.control.setSettings({ adminUnsubscribeIsCompliance: false });
    const remote = mailchimp.connect({}, 'ems-wins');
    asSent(await mailchimp.send('4711', ANA, {}, remote));
    await mailchimp.control.backdoor(action);
    const before = await status();
    const result = await mailchimp.send('4711', { ...ANA, FNAME: 'Eva' }, {}, remote);
    expect([result.kind, await status()]).toEqual(stays ? ['withheld', before] : ['sent', 'subscribed']);
  });

  test('without an opt-in nothing is overruled', async () => {
    const remote = mailchimp.connect({}, 'ems-wins');
    asSent(await mailchimp.send('4711', ANA, {}, remote));
    await mailchimp.control.backdoor({ do: 'unsubscribe', member, by: 'admin' });
    const result = await mailchimp.send('4711', { ...ANA, consent: null }, {}, remote);
    expect(result).toMatchObject(refused('unsubscribed'));
  });
});
