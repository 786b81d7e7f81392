import { expect, test } from '@jest/globals';
import { sendInHalves } from '../../../activities/gather-sends.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { SyncError } from '../../../sync/sync-error.ts';
import type { SendRequest } from '../../../targets/remote-system.ts';
import { asSent, failureOf, type More } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const emailOf = (number: number) => `ana${number}@clube.example`;

const person = (number: number, content: Content = {}, more: More = {}): SendRequest =>
  mailchimp.request(`${number}`, { ...ANA, email: emailOf(number), ...content }, more);

const people = (count: number) => Array.from({ length: count }, (_, index) => person(1 + index));

test('five hundred new persons are one call, with their tags; sent again, they are one', async () => {
  const results = await mailchimp.sendMany(people(500));
  expect(results.map((result) => asSent(result).remoteId)).toEqual(people(500).map((_, n) => hashOf(emailOf(n + 1))));
  expect(await mailchimp.writes()).toEqual(['POST list']);
  const members = await mailchimp.members();
  expect(members).toHaveLength(500);
  for (const { status, tags, interests } of members)
    expect([status, tags, interests]).toEqual(['subscribed', ['ems', 'event:12'], ['NEWSLETTER']]);
  await mailchimp.control.clearJournal();
  const changed = people(500).map((_, n) => person(n + 1, { LNAME: 'Sousa', PHONE: null }));
  for (const result of await mailchimp.sendMany(changed)) expect(asSent(result).stored).toMatchObject({ PHONE: '' });
  expect(await mailchimp.writes()).toEqual(['POST list']);
  expect((await mailchimp.members()).every(({ mergeFields }) => mergeFields['LNAME'] === 'Sousa')).toBe(true);
  const [call] = await mailchimp.control.journal({ writesOnly: true });
  expect(call?.body).toMatchObject({ update_existing: true, sync_tags: false });
  for (const item of Object(call?.body).members as readonly object[]) expect(item).not.toHaveProperty('status');
});

test('bad ones among them harm no other: each has its own result, by its address', async () => {
  const requests = [
    person(1, { email: 'ana@example.com' }),
    person(2),
    person(3, { FNAME: 'x'.repeat(300) }),
    person(4),
    person(5, { email: emailOf(4) }),
  ];
  const results = await mailchimp.sendMany(requests);
  expect(results).toMatchObject([
    { errorClass: 'rejected', field: 'email' },
    { kind: 'sent', remoteId: hashOf(emailOf(2)) },
    { errorClass: 'rejected', field: 'first_name' },
    { kind: 'sent', remoteId: hashOf(emailOf(4)) },
    // Two of one address: the second goes alone, and finds what the first has made.
    { kind: 'sent', remoteId: hashOf(emailOf(4)) },
  ]);
  for (const result of results) if (result instanceof Error) expect(result.message).not.toMatch(/@|xxx|[0-9a-f]{32}/);
  expect(await mailchimp.members()).toHaveLength(2);
});

test('members that refuse stay as they are, whether the call told or not', async () => {
  for (const status of ['unsubscribed', 'cleaned'] as const)
    await mailchimp.control.backdoor({ do: 'create-member', email: `${status}@clube.example`, status, by: 'user' });
  await mailchimp.control.backdoor({ do: 'forget', email: 'forgotten@clube.example' });
  const results = await mailchimp.sendMany(
    ['unsubscribed', 'cleaned', 'forgotten', 'free'].map((name, index) =>
      person(index, { email: `${name}@clube.example` }),
    ),
  );
  expect(results).toMatchObject([
    { kind: 'withheld', refusals: [{ reason: 'unsubscribed' }] },
    { kind: 'withheld', refusals: [{ reason: 'bounced' }] },
    { kind: 'withheld', refusals: [{ reason: 'forgotten' }] },
    { kind: 'sent' },
  ]);
  expect(await mailchimp.member('unsubscribed@clube.example')).toMatchObject({ status: 'unsubscribed' });
  expect(await mailchimp.member('cleaned@clube.example')).toMatchObject({ status: 'cleaned' });
  expect(await mailchimp.member('forgotten@clube.example')).toBeNull();
});

test('another person’s member is not written over, and nobody else is left to make a call for', async () => {
  asSent(await mailchimp.send('1', { ...ANA, email: emailOf(1) }));
  await mailchimp.control.clearJournal();
  const [result] = await mailchimp.sendMany([person(2, { email: emailOf(1), FNAME: 'Rui' })]);
  expect(result).toMatchObject({ kind: 'blocked', by: [{ key: '1' }] });
  expect((await mailchimp.member(emailOf(1)))?.mergeFields).toMatchObject({ FNAME: 'Ana', EMSID: '1' });
  expect(await mailchimp.writes()).toEqual([]);
});

test('a call whose answer was lost makes no second member', async () => {
  await mailchimp.control.setFaults({ failAfter: { times: 1, match: { method: 'POST' } } });
  expect(await failureOf(mailchimp.sendMany(people(3)))).toMatchObject({ errorClass: 'transient' });
  for (const result of await mailchimp.sendMany(people(3))) asSent(result);
  expect(await mailchimp.members()).toHaveLength(3);
});

test('a call that is refused as a whole is halved until what spoils it is alone', async () => {
  const spoilt = person(7);
  let calls = 0;
  const results = await sendInHalves(
    async (requests) => {
      calls += 1;
      if (requests.includes(spoilt)) throw new SyncError('rejected', 'refused', { code: 'invalid-resource' });
      return mailchimp.sendMany(requests);
    },
    [...people(6), spoilt, ...Array.from({ length: 9 }, (_, n) => person(8 + n))],
  );
  expect(calls).toBeLessThanOrEqual(2 * Math.log2(16) + 1);
  expect(results.filter((result) => result instanceof Error)).toHaveLength(1);
  expect(await mailchimp.members()).toHaveLength(15);
});

test('throttling is everybody’s, and tried again', async () => {
  for (const faults of [{ throttle: {} }, { bareThrottle: {} }, { blocked: {} }] as const) {
    asSent(await mailchimp.send('99', { ...ANA, email: emailOf(99) }));
    await mailchimp.control.setFaults(faults);
    expect(await failureOf(mailchimp.sendMany(people(3)))).toMatchObject({ errorClass: 'transient' });
    await mailchimp.control.clearFaults();
  }
});
