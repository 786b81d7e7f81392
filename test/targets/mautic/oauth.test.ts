import { expect, test } from '@jest/globals';
import { asSent, failureOf } from '../results.ts';
import { ANA, mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const tokenCalls = async () => (await mautic.calls()).filter((call) => call.includes('/oauth/v2/token')).length;

test('one token serves all calls, and is fetched once however many need it at once', async () => {
  const remote = mautic.connect(mautic.client());
  await mautic.control.setFaults({ latency: { ms: 50, match: { prefix: '/oauth' } } });
  await Promise.all(Array.from({ length: 8 }, () => remote.probe()));
  asSent(await mautic.send('4711', ANA, {}, remote));
  expect(await tokenCalls()).toBe(1);
});

test('a token that was taken back is renewed once, for all who are refused', async () => {
  const remote = mautic.connect(mautic.client());
  await remote.probe();
  await mautic.control.expireTokens();
  await Promise.all(Array.from({ length: 8 }, () => remote.probe()));
  expect(await tokenCalls()).toBe(2);
});

test('a token is renewed before it expires', async () => {
  await mautic.control.setSettings({ accessTokenSeconds: 64 });
  const remote = mautic.connect(mautic.client());
  await remote.probe();
  await remote.probe();
  expect(await tokenCalls()).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 4_100));
  await remote.probe();
  expect(await tokenCalls()).toBe(2);
  const refused = (await mautic.control.journal()).filter(({ status }) => status === 401);
  expect(refused).toEqual([]);
});

test('a new token that is refused as well is an error, and no loop', async () => {
  const remote = mautic.connect(mautic.client());
  await mautic.control.setFaults({ respond: { status: 401, match: { prefix: '/api' } } });
  expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'target-down', code: 'http-401' });
  expect(await tokenCalls()).toBe(2);
});

test.each([
  ['wrapped', {}],
  ['bare', { rawOAuthErrors: {} }],
])('a wrong secret is told of, whose error is %s, and asked about again by the next call', async (_, faults) => {
  await mautic.control.setFaults(faults);
  const remote = mautic.connect({ ...mautic.client(), MAUTIC_CLIENT_SECRET: 'wrong-secret' });
  const failure = await failureOf(remote.probe());
  expect(failure).toMatchObject({ errorClass: 'target-down' });
  expect(failure.message).toContain('MAUTIC_CLIENT_SECRET');
  expect(failure.message).not.toContain('wrong-secret');
  expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'target-down' });
  expect(await tokenCalls()).toBe(2);
});

test.each([
  [503, 'target-down'],
  [502, 'transient'],
  [429, 'transient'],
])('no token for a status of %i is %s, and the next call asks again', async (status, errorClass) => {
  await mautic.control.setFaults({ respond: { status, match: { prefix: '/oauth' }, times: 1 } });
  const remote = mautic.connect(mautic.client());
  expect(await failureOf(remote.probe())).toMatchObject({ errorClass });
  await expect(remote.probe()).resolves.toBeUndefined();
});

test('a token that is none fits no contract', async () => {
  await mautic.control.setFaults({ garble: { as: 'shape', match: { prefix: '/oauth' } } });
  expect(await failureOf(mautic.connect(mautic.client()).probe())).toMatchObject({ errorClass: 'contract' });
});
