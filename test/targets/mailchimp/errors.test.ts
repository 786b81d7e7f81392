import { describe, expect, test } from '@jest/globals';
import { startMailchimp } from '../../../simulators/mailchimp/start.ts';
import { asSent, failureOf, failuresOf } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, OPTED_OUT, RUI } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const EMAILS = ['ana', 'rui', 'eva'].map((name) => `${name}@clube.example`);

/** Personal words; a hash of an address reveals it as much as the address does. */
const PERSONAL = ['Ana', 'Silva', 'Costa', 'clube.example', '912345678', 'Rua Nova', ...EMAILS.map(hashOf)];

/** Every kind of call; the shape was checked before. */
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

const failures = (calls: readonly (() => Promise<unknown>)[]) =>
  failuresOf(calls, [...PERSONAL, mailchimp.started.key]);

describe('an answer of status', () => {
  test.each([
    [429, undefined, 'transient', { retryAfterMs: 5_000 }],
    [401, undefined, 'target-down', {}],
    // Throttling at high volume is a firewall's page or a bare status; Mailchimp's own 403 concerns the key.
    [403, undefined, 'target-down', { code: 'http-403' }],
    [403, '<html>Forbidden</html>', 'transient', { retryAfterMs: 5_000 }],
    [403, '', 'transient', { retryAfterMs: 5_000 }],
    [503, '<html>Request Blocked</html>', 'transient', {}],
    [500, undefined, 'transient', {}],
    [502, '', 'transient', {}],
    [400, undefined, 'rejected', { code: '400-bad-request' }],
    [400, '<html>Bad request</html>', 'transient', { retryAfterMs: 5_000 }],
    [422, undefined, 'rejected', { code: 'http-422' }],
    [302, '', 'target-down', { code: 'http-302' }],
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

test('so many calls that MailChimp says how long to wait are waited for', async () => {
  const calls = await everyCall();
  await mailchimp.control.setFaults({ respond: { status: 429, retryAfterSeconds: 90 } });
  for (const failure of await failures(calls)) expect(failure).toMatchObject({ retryAfterMs: 90_000 });
});

test.each(['failBefore', 'failAfter'] as const)('a connection that is cut (%s) is tried again', async (fault) => {
  const calls = await everyCall();
  await mailchimp.control.setFaults({ [fault]: {} });
  for (const failure of await failures(calls)) expect(failure).toMatchObject({ errorClass: 'transient' });
});

test.each(['shape', 'html', 'truncated'] as const)(
  'an answer that is %s is not trusted, and not quoted',
  async (as) => {
    // The probe only checks for success, not the shape.
    const calls = (await everyCall()).slice(as === 'shape' ? 1 : 0);
    await mailchimp.control.setFaults({ garble: { as } });
    // An answer that is not JSON does not come from MailChimp.
    const errorClass = as === 'shape' ? 'contract' : 'target-down';
    for (const failure of await failures(calls)) expect(failure.errorClass).toBe(errorClass);
  },
);

describe('content that MailChimp does not take is parked, with its title and our name of the field', () => {
  test.each([
    ['an address that looks fake', { email: 'ana@example.com' }, 'email'],
    ['an address with a comma behind it', { email: 'ana@clube.example,' }, 'email'],
    ['a merge field that is too long', { FNAME: 'x'.repeat(300) }, 'first_name'],
    [
      'an incomplete address',
      { ADDRESS: { addr1: 'Rua Nova 1', city: null, state: '-', zip: '1', country: 'PT' } },
      'street, city, region, postal_code, country',
    ],
    ['a date that is none', { BDATE: '1988-13-45' }, 'date_of_birth'],
  ])('%s', async (_, content, field) => {
    const failure = await failureOf(mailchimp.send('4711', { ...ANA, ...content }));
    expect(failure).toMatchObject({ errorClass: 'rejected', code: '400-invalid-resource', field });
    expect(failure.message).toMatch(/"Invalid Resource/);
    for (const value of ['ana@', 'xxx', 'Rua Nova', '1988', hashOf('ana@clube.example')])
      expect(failure.message).not.toContain(value);
  });
});

test.each([
  ['in a refusal’s words', { title: 'Invalid Resource', detail: `${EMAILS[0]} looks fake or invalid` }, 'email'],
  [
    'for a field’s name',
    { title: 'Invalid Resource', detail: 'Your fields were invalid.', errors: [{ field: EMAILS[0], message: 'Ana' }] },
    undefined,
  ],
])('an address %s is not told', async (_, body, field) => {
  await mailchimp.control.setFaults({ respond: { status: 400, body, match: { method: 'PUT' } } });
  const [failure] = await failures([() => mailchimp.send('4711', ANA)]);
  expect(failure).toMatchObject({ errorClass: 'rejected', code: '400-invalid-resource', field });
});

test('a refusal by another title than we know is no success, and no word on consent', async () => {
  const body = { title: 'Subscription Not Permitted', detail: 'This contact was permanently deleted.' };
  await mailchimp.control.setFaults({ respond: { status: 400, body, match: { method: 'PUT' } } });
  const [failure] = await failures([() => mailchimp.send('4711', ANA)]);
  expect(failure).toMatchObject({ errorClass: 'rejected', code: 'http-400' });
  expect(failure?.message).toBe('MailChimp answered PUT members with 400');
});

describe('what is gone from the audience meanwhile is no silent loss', () => {
  const incomplete = { errorClass: 'target-down', code: 'incomplete' };

  test('a merge field', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'delete-merge-field', tag: 'BDATE' });
    expect(await failureOf(mailchimp.send('4711', { ...ANA, FNAME: 'Eva' }))).toMatchObject(incomplete);
  });

  test.each(['refused', 'ignored'] as const)('an interest, be it %s', async (unknownInterests) => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.setSettings({ unknownInterests });
    await deleteInterest('NEWSLETTER');
    const failure = await failureOf(mailchimp.send('4711', { ...ANA, FNAME: 'Eva' }));
    expect(failure).toMatchObject(incomplete);
    expect(failure.message).toContain('interest NEWSLETTER');
  });
});

async function deleteInterest(name: string): Promise<void> {
  const { url, list, key } = mailchimp.started;
  const group = `${url}/3.0/lists/${list}/interest-categories`;
  const ask = (address: string, method = 'GET') =>
    fetch(address, { method, headers: { authorization: `Bearer ${key}` } });
  const { categories } = (await (await ask(group)).json()) as { readonly categories: readonly { id: string }[] };
  const { EMS } = (await mailchimp.control.state()).interests;
  const { status } = await ask(`${group}/${categories[0]?.id}/interests/${EMS?.[name]}`, 'DELETE');
  expect(status).toBe(204);
}

describe('a member that is lost, or found, between reading and writing is looked at again', () => {
  const changed = { errorClass: 'transient', code: 'changed' };
  const invalid = { title: 'Invalid Resource', errors: [{ field: 'status_if_new', message: 'This is required.' }] };

  test.each([
    ['an edit', { FNAME: 'Eva' }, { status: 400, body: invalid, match: { method: 'PUT' } }],
    ['an opt-out', OPTED_OUT, { status: 404, match: { method: 'PATCH' } }],
    ['a move', { email: 'ana@home.example' }, { status: 404, match: { method: 'PATCH' } }],
    [
      'a move to where somebody is by now',
      { email: 'ana@home.example' },
      { status: 400, body: { title: 'Member Exists' }, match: { method: 'PATCH' } },
    ],
  ])('%s', async (_, content, respond) => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.setFaults({ respond });
    const [failure] = await failures([() => mailchimp.send('4711', { ...ANA, ...content })]);
    expect(failure).toMatchObject(changed);
    await mailchimp.control.clearFaults();
    asSent(await mailchimp.send('4711', { ...ANA, ...content }));
  });
});

test('tags that MailChimp answers for, and does not keep, are no success', async () => {
  const tags = `/3.0/lists/${mailchimp.started.list}/members/${hashOf('ana@clube.example')}/tags`;
  await mailchimp.control.setFaults({ respond: { status: 204, body: '', match: { method: 'POST', prefix: tags } } });
  const [failure] = await failures([() => mailchimp.send('4711', ANA)]);
  expect(failure).toMatchObject({ errorClass: 'transient', code: 'tags-not-kept' });
  await mailchimp.control.clearFaults();
  asSent(await mailchimp.send('4711', ANA));
  expect(await mailchimp.member('ana@clube.example')).toMatchObject({ tags: ['ems', 'event:12'] });
});

test('a result names people by their EMS id; the hash of an address stands in its remote id alone', async () => {
  asSent(await mailchimp.send('12', RUI));
  asSent(await mailchimp.send('4711', ANA));
  const swapped = { ...ANA, email: RUI['email'] ?? null };
  const results = [
    await mailchimp.send('4711', swapped),
    ...(await mailchimp.sendMany([mailchimp.request('4713', RUI)])),
    await mailchimp.send('4711', swapped, { release: true }),
    await mailchimp.send('4714', { ...ANA, email: 'eva@clube.example', consent: null }),
  ];
  expect(results.map((result) => ('kind' in result ? result.kind : result))).toEqual([
    'blocked',
    'blocked',
    'released',
    'withheld',
  ]);
  for (const result of results) {
    const told = JSON.stringify(result, (name, value: unknown) => (name === 'remoteId' ? null : value));
    expect(told).not.toMatch(/@|[0-9a-f]{32}|Ana|Silva|Costa/);
  }
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
