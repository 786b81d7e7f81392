import { describe, expect, test } from '@jest/globals';
import { startMautic } from '../../../simulators/mautic/start.ts';
import { WebhookReceiver } from '../../simulators/webhook-receiver.ts';
import { asSent, failureOf, failuresOf } from '../results.ts';
import { ANA, mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const VALUES = ['Ana', 'Silva', 'clube.example', '912345678', 'Night Run', 'Rua Nova', 'mautic-password'];

/** Every kind of call; the shape was checked before. */
async function everyCall() {
  await mautic.remote().shape?.missing();
  asSent(await mautic.send('12', { ...ANA, email: 'rui@clube.example' }));
  const remote = mautic.remote();
  return [
    () => remote.probe(),
    () => mautic.send('12', { ...ANA, email: 'rui@clube.example', city: 'Faro' }),
    () => mautic.send('4711', ANA),
    () => mautic.remove('12'),
    () => mautic.erase('12', { email: 'rui@clube.example' }) ?? Promise.resolve(),
    () => mautic.optOut('12', ['email']) ?? Promise.resolve(),
    () => remote.shape?.missing() ?? Promise.resolve(),
    () => remote.consent?.fetch('1') ?? Promise.resolve(),
    () => remote.consent?.list({ scope: 'changed', since: null, page: null }) ?? Promise.resolve(),
    () => remote.consent?.list({ scope: 'all', since: null, page: null }) ?? Promise.resolve(),
    () => mautic.sendMany([mautic.request('4713', { ...ANA, email: 'eva@clube.example' })]),
  ];
}

const failures = (calls: readonly (() => Promise<unknown>)[]) => failuresOf(calls, VALUES);

describe('an answer of status', () => {
  test.each([
    [429, undefined, 'transient', { retryAfterMs: 60_000 }],
    [401, undefined, 'target-down', {}],
    [403, undefined, 'target-down', {}],
    [403, '<html>Forbidden</html>', 'transient', {}],
    [503, undefined, 'target-down', {}],
    [500, undefined, 'transient', {}],
    [502, undefined, 'transient', {}],
    [504, '', 'transient', {}],
    [302, '', 'target-down', { code: 'http-302' }],
    [404, '<html>Not found</html>', 'target-down', {}],
  ])('%i %j is %s, whatever was asked', async (status, body, errorClass, more) => {
    const calls = await everyCall();
    await mautic.control.setFaults({ respond: { status, ...(body === undefined ? {} : { body }) } });
    for (const failure of await failures(calls)) expect(failure).toMatchObject({ errorClass, ...more });
  });
});

test('429 waits for the end of the hour, as far as that is told', async () => {
  asSent(await mautic.send('4711', ANA));
  await mautic.control.setFaults({ rateLimit: { limit: 1 } });
  const remote = mautic.remote();
  await remote.probe();
  const { errorClass, retryAfterMs } = await failureOf(remote.probe());
  expect(errorClass).toBe('transient');
  expect(retryAfterMs).toBeGreaterThan(3_500_000);
  expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
});

test.each(['shape', 'html', 'truncated'] as const)(
  'an answer that is %s is not trusted, and not quoted',
  async (as) => {
    // Without the calls that only check for success.
    const calls = (await everyCall()).filter((_, index) => as !== 'shape' || ![3, 4, 5].includes(index));
    await mautic.control.setFaults({ garble: { as } });
    // An answer that is not JSON does not come from Mautic.
    const errorClass = as === 'shape' ? 'contract' : 'target-down';
    for (const failure of await failures(calls)) expect(failure.errorClass).toBe(errorClass);
  },
);

test.each([
  [{ MAUTIC_PASSWORD: 'wrong-secret' }, {}, 'MAUTIC_PASSWORD'],
  [{}, { basicDisabled: {} }, 'MAUTIC_PASSWORD'],
  [{}, { apiDisabled: {} }, 'API is switched off'],
  [{ MAUTIC_URL: 'elsewhere' }, {}, 'MAUTIC_URL'],
])('%j with %j is found by the probe, which says what to look at', async (settings, faults, words) => {
  await expect(mautic.remote().probe()).resolves.toBeUndefined();
  await mautic.control.setFaults(faults);
  const url = 'MAUTIC_URL' in settings ? { MAUTIC_URL: `${mautic.started.url}/elsewhere` } : settings;
  const failure = await failureOf(mautic.connect(url).probe());
  expect(failure).toMatchObject({ errorClass: 'target-down' });
  expect(failure.message).toContain(words);
  expect(failure.message).not.toContain('wrong-secret');
});

test('an address in a folder works, with or without a slash behind it', async () => {
  await expect(mautic.connect({ MAUTIC_URL: `${mautic.started.url}/` }).probe()).resolves.toBeUndefined();
});

test('a Mautic that is not there is down; a connection that breaks is tried again', async () => {
  const other = await startMautic();
  const remote = mautic.connect({ MAUTIC_URL: other.url });
  try {
    await other.control.setFaults({ failBefore: {} });
    expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'transient' });
  } finally {
    await other.stop();
  }
  expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'target-down', code: 'ECONNREFUSED' });
});

test('a no that Mautic does not take is no success', async () => {
  const { remoteId } = asSent(await mautic.send('4711', ANA));
  const body = { errors: [{ code: 400, message: 'Invalid reason code given', details: [] }] };
  const match = { prefix: `/api/contacts/${remoteId}/dnc` };
  await mautic.control.setFaults({ respond: { status: 400, body, match } });
  const failure = await failureOf(mautic.send('4711', { ...ANA, consent: { email: 'out' } }));
  expect(failure).toMatchObject({ errorClass: 'rejected', code: 'http-400' });
});

test('a preference has no call of its own', async () => {
  const request = { ...mautic.request('1', {}), type: 'ContactPreference' as const };
  await expect(mautic.remote().send(request)).rejects.toThrow(RangeError);
});

const subscribe = (webhookUrl: string) =>
  mautic.control.backdoor({
    do: 'create-hook',
    hook: {
      name: 'of somebody else',
      webhookUrl,
      triggers: ['mautic.lead_post_save_new', 'mautic.lead_post_save_update'],
    },
  });

describe('a webhook that Mautic sends inside our call', () => {
  test('and that takes its receiver some seconds holds the call up, and nothing else', async () => {
    const receiver = await WebhookReceiver.start();
    await subscribe(receiver.url);
    await mautic.control.setFaults({ webhookDelay: { ms: 3_000 } });
    const began = performance.now();
    asSent(await mautic.send('4711', ANA));
    expect(performance.now() - began).toBeGreaterThan(3_000);
    await receiver.stop();
  });

  test('and that nobody answers costs the call its answer: it is transient, and what it has done is found', async () => {
    const receiver = await WebhookReceiver.start();
    receiver.answer = null;
    await mautic.remote().shape?.missing();
    await subscribe(receiver.url);
    const failure = await failureOf(mautic.send('4711', ANA));
    expect(failure).toMatchObject({ errorClass: 'transient' });
    await receiver.stop();
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    expect((await mautic.contacts()).map(({ id }) => String(id))).toEqual([remoteId]);
  });
});
