import { describe, expect, test } from '@jest/globals';
import { startChatwoot } from '../../../simulators/chatwoot/start.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, chatwootUnderTest, NOBODY, TOKEN } from './chatwoot-under-test.ts';

const chatwoot = chatwootUnderTest();

const VALUES = ['Ana', 'Silva', 'clube.example', '912345678', 'Night Run', 'Atletismo', TOKEN];

const fetched = () => chatwoot.inbound().fetch({ type: 'Person', remoteId: '1' }, '4711');

describe('an answer of status', () => {
  test.each([
    [429, 'transient', { retryAfterMs: 30_000 }],
    [401, 'target-down', {}],
    [403, 'target-down', {}],
    [503, 'target-down', {}],
    [500, 'transient', {}],
    [502, 'transient', {}],
    [504, 'transient', {}],
    [422, 'rejected', { field: 'base' }],
    [400, 'rejected', {}],
    [302, 'target-down', { code: 'http-302' }],
  ])('%i is %s', async (status, errorClass, more) => {
    await chatwoot.control.setFaults({ respond: { status } });
    const calls = [() => chatwoot.probe(), () => chatwoot.sendPerson('4711', ANA, { remoteId: '1' }), fetched];
    for (const call of calls) {
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ errorClass, ...more });
      for (const value of VALUES) expect(failure.message).not.toContain(value);
    }
  });

  test('429 waits as long as it is told to', async () => {
    await chatwoot.control.setFaults({ respond: { status: 429, retryAfterSeconds: 7 } });
    expect(await failureOf(fetched())).toMatchObject({ retryAfterMs: 7_000 });
  });

  test('404 that a proxy gives is no contact that has gone', async () => {
    const match = { prefix: '/api/v1/accounts/1/contacts/1' };
    await chatwoot.control.setFaults({ respond: { status: 404, body: '<html>Not found</html>', match } });
    expect(await failureOf(fetched())).toMatchObject({ errorClass: 'target-down' });
    expect(await failureOf(chatwoot.remove('Person', '4711', '1'))).toMatchObject({ errorClass: 'target-down' });
    const update = chatwoot.sendPerson('4711', ANA, { remoteId: '1' });
    expect(await failureOf(update)).toMatchObject({ errorClass: 'target-down' });
  });
});

describe('an answer that fits no contract', () => {
  test.each(['shape', 'html', 'truncated'] as const)('%s: is not trusted, and not quoted', async (as) => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.control.setFaults({ garble: { as } });
    const list = { scope: 'contacts', since: null, page: null };
    for (const call of [
      () => chatwoot.sendPerson('4711', ANA, { remoteId }),
      () => chatwoot.sendPerson('4711', ANA),
      () => chatwoot.inbound().fetch({ type: 'Person', remoteId }, '4711'),
      () => chatwoot.inbound().list({ ...list, type: 'Person' }),
      () => chatwoot.inbound().list({ ...list, type: 'Conversation' }),
      () => chatwoot.probe(),
    ]) {
      const failure = await failureOf(call());
      // An answer that is not JSON does not come from ChatWoot.
      expect(failure.errorClass).toBe(as === 'shape' ? 'contract' : 'target-down');
      for (const value of VALUES) expect(failure.message).not.toContain(value);
    }
  });

  test('a contact of somebody else, as the answer to ours', async () => {
    const body = { payload: { id: 1, name: 'Rui', identifier: '12' } };
    await chatwoot.control.setFaults({ respond: { status: 200, body, match: { method: 'PUT' } } });
    expect(await failureOf(chatwoot.sendPerson('4711', ANA, { remoteId: '1' }))).toMatchObject({
      errorClass: 'contract',
      field: 'identifier',
    });
  });
});

test('two creates at once with one e-mail are one contact, and one attempt that tries again', async () => {
  await chatwoot.sendPerson('1', { email: 'other@x.example' });
  await chatwoot.control.setFaults({ slowCommit: { ms: 100 } });
  const attempts = await Promise.allSettled([
    chatwoot.sendPerson('4711', { ...ANA, phone_number: null }),
    chatwoot.sendPerson('4712', { ...ANA, phone_number: null }),
  ]);
  const failed = attempts.filter(({ status }) => status === 'rejected');
  expect(failed).toMatchObject([{ reason: { errorClass: 'transient' } }]);
  expect(Object.keys((await chatwoot.control.state()).contacts)).toHaveLength(2);
});

test('a refusal names EMS’s columns, never values', async () => {
  const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
  const failure = await failureOf(chatwoot.sendPerson('4711', { ...ANA, name: 'Secret'.repeat(50) }, { remoteId }));
  expect(failure).toMatchObject({ errorClass: 'rejected', field: 'first_name, last_name' });
  expect(failure.message).not.toContain('Secret');
});

test.each([
  ['token', { CHATWOOT_TOKEN: 'wrong-secret' }, 'CHATWOOT_TOKEN'],
  ['account', { CHATWOOT_ACCOUNT_ID: '2' }, 'CHATWOOT_ACCOUNT_ID'],
  ['inbox', { CHATWOOT_INBOX_ID: '99' }, 'CHATWOOT_INBOX_ID'],
])('a wrong %s is found by the probe, which says what to look at', async (_, settings, name) => {
  await expect(chatwoot.probe()).resolves.toBeUndefined();
  const failure = await failureOf(chatwoot.connect(settings).probe());
  expect(failure).toMatchObject({ errorClass: 'target-down' });
  expect(failure.message).toContain(name);
  expect(failure.message).not.toContain('wrong-secret');
});

test('a wrong inbox stops the conversations, not the persons', async () => {
  const remote = chatwoot.connect({ CHATWOOT_INBOX_ID: '99' });
  const common = { remoteId: null, fencingToken: 1n, release: false };
  const person = { ...common, type: 'Person' as const, key: '4711', content: { ...NOBODY, ...ANA } };
  const { remoteId } = asSent(await remote.send({ ...person, references: new Map() }));
  const references = new Map([['Person/4711', remoteId]]);
  const content = { ems_conversation_id: '81', messages: [] };
  const call = remote.send({ ...common, type: 'Conversation', key: '81', content, references });
  expect(await failureOf(call)).toMatchObject({ errorClass: 'target-down', code: 'no-inbox' });
});

test('a ChatWoot that is not there is down; a connection that breaks is tried again', async () => {
  const other = await startChatwoot({ token: TOKEN });
  const remote = chatwoot.connect({ CHATWOOT_URL: other.url });
  try {
    await other.control.setFaults({ failBefore: {} });
    expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'transient' });
  } finally {
    await other.stop();
  }
  expect(await failureOf(remote.probe())).toMatchObject({ errorClass: 'target-down', code: 'ECONNREFUSED' });
});
