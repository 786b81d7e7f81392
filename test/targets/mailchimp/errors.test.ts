import { describe, expect, test } from '@jest/globals';
import { startMailchimp } from '../../../simulators/mailchimp/start.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, RUI } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const VALUES = ['Ana', 'Silva', 'clube.example', '912345678', 'Rua Nova', 'mailchimp-key', hashOf('ana@clube.example')];

/** Every kind of call; the shape was looked at before. */
async function everyCall() {
  asSent(await mailchimp.send('12', RUI));
  const remote = mailchimp.remote();
  return [
    () => remote.probe(),
    () => mailchimp.send('12', { ...RUI, FNAME: 'Eva' }),
    () => mailchimp.send('4711', ANA),
    () => mailchimp.remove('12'),
    () => mailchimp.erase('12', { email: 'rui@clube.example' }) ?? Promise.resolve(),
    () => mailchimp.optOut('12', ['email']) ?? Promise.resolve(),
    () => remote.shape?.missing() ?? Promise.resolve(),
    () => remote.consent?.fetch(hashOf('rui@clube.example')) ?? Promise.resolve(),
    () => remote.consent?.list({ scope: 'members', since: null, page: null }) ?? Promise.resolve(),
    () => remote.consent?.list({ scope: 'archived', since: null, page: null }) ?? Promise.resolve(),
    () => mailchimp.sendMany([mailchimp.request('4713', { ...ANA, email: 'eva@clube.example' })]),
  ];
}

async function failures(calls: readonly (() => Promise<unknown>)[]) {
  const all = [];
  for (const call of calls) {
    const failure = await failureOf(call());
    for (const value of VALUES) expect(failure.message).not.toContain(value);
    all.push(failure);
  }
  return all;
}

describe('an answer of status', () => {
  test.each([
    [429, undefined, 'transient', { retryAfterMs: 5_000 }],
    [401, undefined, 'target-down', {}],
    // A firewall's page and a bare status are how a high volume is throttled; Mailchimp's own 403 is about the key.
    [403, '<html>Forbidden</html>', 'transient', { retryAfterMs: 5_000 }],
    [403, '', 'transient', { retryAfterMs: 5_000 }],
    [503, '<html>Request Blocked</html>', 'transient', {}],
    [500, undefined, 'transient', {}],
    [502, '', 'transient', {}],
    [302, '', 'contract', {}],
    [404, '<html>Not found</html>', 'target-down', {}],
  ])('%i %j is %s, whatever was asked', async (status, body, errorClass, more) => {
    const calls = await everyCall();
    await mailchimp.control.setFaults({ respond: { status, ...(body === undefined ? {} : { body }) } });
    for (const failure of await failures(calls)) expect(failure).toMatchObject({ errorClass, ...more });
  });
});

test.each(['throttle', 'bareThrottle', 'blocked'] as const)('%s is transient throttling', async (fault) => {
  const calls = await everyCall();
  await mailchimp.control.setFaults({ [fault]: {} });
  for (const failure of await failures(calls)) expect(failure).toMatchObject({ errorClass: 'transient' });
});

test.each(['html', 'truncated'] as const)('an answer that is %s is not trusted, and not quoted', async (as) => {
  const calls = await everyCall();
  await mailchimp.control.setFaults({ garble: { as } });
  // For some calls a success is enough; what they would read next is garbled as well.
  for (const failure of await failures(calls)) expect(failure.errorClass).toBe('contract');
});

describe('content that MailChimp does not take is parked, with its title and our name of the field', () => {
  test.each([
    ['an address that looks fake', { email: 'ana@example.com' }, 'email'],
    ['a merge field that is too long', { FNAME: 'x'.repeat(300) }, 'first_name'],
    [
      'an incomplete address',
      { ADDRESS: { addr1: 'Rua Nova 1', city: null, state: '-', zip: '1', country: 'PT' } },
      'street, city, region, postal_code, country',
    ],
    ['a date that is none', { BDATE: '1988-13-45' }, 'date_of_birth'],
  ])('%s', async (_, content, field) => {
    const failure = await failureOf(mailchimp.send('4711', { ...ANA, ...content }));
    expect(failure).toMatchObject({ errorClass: 'rejected', code: 'invalid-resource', field });
    expect(failure.message).toMatch(/"Invalid Resource/);
    for (const value of ['ana@', 'xxx', 'Rua Nova', '1988', hashOf('ana@clube.example')])
      expect(failure.message).not.toContain(value);
  });
});

test('a merge field that was deleted meanwhile is no silent loss', async () => {
  asSent(await mailchimp.send('4711', ANA));
  await mailchimp.control.backdoor({ do: 'delete-merge-field', tag: 'BDATE' });
  expect(await failureOf(mailchimp.send('4711', { ...ANA, FNAME: 'Eva' }))).toMatchObject({
    errorClass: 'target-down',
    code: 'incomplete',
  });
});

test.each([
  [{ MAILCHIMP_API_KEY: 'wrong-us1' }, 'MAILCHIMP_API_KEY'],
  [{ MAILCHIMP_LIST_ID: '0000000000' }, 'MAILCHIMP_LIST_ID'],
])('%j is found by the probe, which says what to look at', async (settings, words) => {
  await expect(mailchimp.remote().probe()).resolves.toBeUndefined();
  const failure = await failureOf(mailchimp.connect(settings).probe());
  expect(failure).toMatchObject({ errorClass: 'target-down' });
  expect(failure.message).toContain(words);
  expect(failure.message).not.toContain('wrong-us1');
});

test('a MailChimp that is not there is down; a connection that breaks is tried again', async () => {
  const other = await startMailchimp();
  const remote = mailchimp.connect({ MAILCHIMP_URL: other.url });
  try {
    await other.control.setFaults({ failBefore: {} });
    expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'transient' });
  } finally {
    await other.stop();
  }
  expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'target-down', code: 'ECONNREFUSED' });
});
