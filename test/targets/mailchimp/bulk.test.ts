import { expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import { sendInHalves } from '../../../activities/send-in-halves.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { SyncError } from '../../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../../../targets/remote-system.ts';
import { asSent, failureOf, type More } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, OPTED_OUT } from './mailchimp-under-test.ts';

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
    // Two persons with one address: the second waits for the one that has the member.
    { kind: 'blocked', by: [{ type: 'Person', key: '4' }] },
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

test.each([true, false])(
  'who was archived is asked, and never taken back by a list call (unarchiving: %s)',
  async (unarchives) => {
    await mailchimp.control.setSettings({ statusIfNewUnarchives: unarchives });
    const archive = async (number: number) => {
      const email = emailOf(number);
      await mailchimp.control.backdoor({ do: 'create-member', email, status: 'subscribed', by: 'user' });
      await mailchimp.control.backdoor({ do: 'archive', member: hashOf(email) });
    };
    await archive(1);
    for (const result of await mailchimp.sendMany(people(2))) asSent(result);
    // One more member is archived during our run, and staff archive one that EMS had in sync.
    await archive(3);
    await mailchimp.control.backdoor({ do: 'archive', member: hashOf(emailOf(2)) });
    const later = await mailchimp.sendMany([person(2, { LNAME: 'Sousa' }), person(3), person(4)]);
    expect(later).toMatchObject([
      { kind: 'withheld', refusals: [{ reason: 'archived' }] },
      { kind: 'sent', stored: { status: 'pending' } },
      { kind: 'sent', stored: { status: 'subscribed' } },
    ]);
    expect(await Promise.all([1, 2, 3, 4].map(async (n) => (await mailchimp.member(emailOf(n)))?.status))).toEqual([
      'pending',
      'archived',
      'pending',
      'subscribed',
    ]);
  },
);

test('pages that are sent at once share what they ask about the audience, and its archived members', async () => {
  await mailchimp.control.backdoor({ do: 'create-member', email: emailOf(3), status: 'subscribed', by: 'user' });
  await mailchimp.control.backdoor({ do: 'archive', member: hashOf(emailOf(3)) });
  const { bulk } = mailchimp.connect();
  await mailchimp.control.clearJournal();
  bulk?.getReady?.();
  const send = async (request: SendRequest) => bulk?.sendPage?.([request], async () => undefined);
  const results = await Promise.all(people(4).map(send));
  // Nobody who was archived before is written to by a list call.
  expect(results.map((page) => page?.[0] ?? null)).toMatchObject([
    { kind: 'sent' },
    { kind: 'sent' },
    null,
    { kind: 'sent' },
  ]);
  const calls = await mailchimp.calls();
  const count = (call: string) => calls.filter((one) => one === call).length;
  expect([count('GET list/merge-fields'), count('GET list/members'), count('POST list')]).toEqual([1, 1, 3]);
  await mailchimp.control.backdoor({ do: 'archive', member: hashOf(emailOf(1)) });
  const [later] = (await send(person(5, { email: emailOf(1) }))) ?? [];
  expect(later).toBeNull();
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
  let calls = 0;
  const results = await sendInHalves(async (requests) => {
    calls += 1;
    // Imitates a firewall that rejects a word with a JSON answer.
    const spoiled = requests.some(({ key }) => key === '7');
    await mailchimp.control.setFaults({ respond: spoiled ? { status: 400, match: { method: 'POST' } } : null });
    return mailchimp.sendMany(requests);
  }, people(16));
  await mailchimp.control.clearFaults();
  expect(calls).toBeLessThanOrEqual(2 * Math.log2(16) + 1);
  expect(results.filter((result) => result instanceof SyncError)).toHaveLength(1);
  expect(results[6]).toMatchObject({ errorClass: 'rejected' });
  expect(await mailchimp.members()).toHaveLength(15);
  expect(await mailchimp.member(emailOf(7))).toBeNull();
});

test.each([
  [429, 'transient'],
  [401, 'target-down'],
  [500, 'transient'],
])('a call that fails with %i fails for all, and nobody is sent alone', async (status, errorClass) => {
  await mailchimp.control.setFaults({ respond: { status, match: { method: 'POST' } } });
  expect(await failureOf(mailchimp.sendMany(people(3)))).toMatchObject({ errorClass });
  expect(await mailchimp.writes()).toEqual(['POST list']);
});

test('an answer is told by the address, whatever its order; whom it leaves out is sent alone', async () => {
  await mailchimp.sendMany(people(3));
  const { url, list, key } = mailchimp.started;
  const answer = await fetch(`${url}/3.0/lists/${list}/members?count=3`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const { members } = (await answer.json()) as { readonly members: readonly { readonly id: string }[] };
  const held = members.filter(({ id }) => id !== hashOf(emailOf(2))).toReversed();
  expect(held).toHaveLength(2);
  const error = { email_address: emailOf(2).toUpperCase(), error: 'odd', error_code: 'ERROR_GENERIC' };
  const body = { new_members: [], updated_members: held, errors: [error], error_count: 1 };
  await mailchimp.control.setFaults({ respond: { status: 200, body, match: { method: 'POST' } } });
  await mailchimp.control.clearJournal();
  const results = await mailchimp.sendMany(people(3));
  expect(results.map((result) => asSent(result).remoteId)).toEqual([1, 2, 3].map((n) => hashOf(emailOf(n))));
  expect(await mailchimp.writes()).toEqual(['POST list', 'PUT list/members/HASH']);
});

test('tags that fail after the call are set by the next attempt, and start no automation (pitfall 40)', async () => {
  asSent(await mailchimp.send('1', { ...ANA, email: emailOf(1), tags: new Set(['ems']) }));
  const started = (await mailchimp.control.state()).automationsStarted;
  const tags = `/3.0/lists/${mailchimp.started.list}/members/${hashOf(emailOf(1))}/tags`;
  await mailchimp.control.setFaults({ respond: { status: 500, match: { method: 'POST', prefix: tags } } });
  const [failed, other] = await mailchimp.sendMany(people(2));
  expect(failed).toMatchObject({ errorClass: 'transient' });
  asSent(other);
  expect(await mailchimp.member(emailOf(1))).toMatchObject({ tags: ['ems'] });
  await mailchimp.control.clearFaults();
  for (const result of await mailchimp.sendMany(people(2))) asSent(result);
  expect(await mailchimp.member(emailOf(1))).toMatchObject({ tags: ['ems', 'event:12'] });
  const startedForOne = (all: typeof started) => all.filter(({ email }) => email === emailOf(1));
  expect(startedForOne((await mailchimp.control.state()).automationsStarted)).toEqual(startedForOne(started));
});

test('tags of others survive a bulk call', async () => {
  asSent(await mailchimp.send('1', { ...ANA, email: emailOf(1) }));
  await mailchimp.control.backdoor({ do: 'tag-member', member: hashOf(emailOf(1)), add: ['vip'] });
  asSent((await mailchimp.sendMany([person(1, { tags: new Set(['ems', 'event:7']) })]))[0]);
  expect((await mailchimp.member(emailOf(1)))?.tags.toSorted()).toEqual(['ems', 'event:7', 'vip']);
});

const can = (request: SendRequest) => mailchimp.remote().bulk?.canGather(request);

test('who is there already is gathered as long as nothing but fields changes', async () => {
  asSent(await mailchimp.send('1', { ...ANA, email: emailOf(1) }));
  expect(can(person(1, { LNAME: 'Sousa' }))).toBe(true);
  expect(can(person(1, { email: 'ana@home.example' }))).toBe(false);
  asSent(await mailchimp.send('1', { ...ANA, ...OPTED_OUT, email: emailOf(1) }));
  // Asks the person to confirm, which is a different status.
  expect(can(person(1))).toBe(false);
  asSent(await mailchimp.send('1', { ...ANA, email: emailOf(1) }));
  expect((await mailchimp.member(emailOf(1)))?.status).toBe('pending');
  expect(can(person(1))).toBe(true);
});

/** Kinds of person, as far as they matter to the outcome. */
const KINDS = {
  fine: {},
  fake: { email: 'ana@example.com' },
  long: { FNAME: 'x'.repeat(256) },
  incomplete: { ADDRESS: { addr1: 'Rua Nova 1', city: null, state: '-', zip: '1', country: 'PT' } },
  unsubscribed: {},
  cleaned: {},
  archived: {},
  forgotten: {},
  held: {},
} as const satisfies Record<string, Content>;

type Kind = keyof typeof KINDS;

const outcomeOf = (result: SendResult | Error) =>
  result instanceof SyncError
    ? [result.errorClass, result.field]
    : [
        (result as SendResult).kind,
        'refusals' in result ? result.refusals : [],
        'stored' in result ? result.stored?.['status'] : null,
      ];

test('what comes of each is what would have come of it alone, in any order (pitfall 26)', async () => {
  /** Sets each person up at MailChimp according to its kind. */
  const prepare = async (kinds: readonly Kind[]) => {
    await mailchimp.control.reset();
    mailchimp.records.clear();
    await mailchimp.control.setSettings({ statusIfNewUnarchives: true });
    await mailchimp.remote().shape?.create();
    for (const [index, kind] of kinds.entries()) {
      const email = emailOf(index + 1);
      if (kind === 'unsubscribed' || kind === 'cleaned')
        await mailchimp.control.backdoor({ do: 'create-member', email, status: kind, by: 'user' });
      if (kind === 'archived') {
        await mailchimp.control.backdoor({ do: 'create-member', email, status: 'subscribed', by: 'user' });
        await mailchimp.control.backdoor({ do: 'archive', member: hashOf(email) });
      }
      if (kind === 'forgotten') await mailchimp.control.backdoor({ do: 'forget', email });
      if (kind === 'held') asSent(await mailchimp.send(`9${index}`, { ...ANA, email }));
    }
    return kinds.map((kind, index) => person(index + 1, KINDS[kind]));
  };

  const kinds = fc.array(fc.constantFrom(...(Object.keys(KINDS) as Kind[])), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(kinds, async (all) => {
      const alone = [];
      for (const { key, content } of await prepare(all))
        alone.push(outcomeOf(await mailchimp.send(key, content).catch((error: SyncError) => error)));
      const together = await mailchimp.sendMany(await prepare(all));
      expect(together.map(outcomeOf)).toEqual(alone);
    }),
    { numRuns: 25, interruptAfterTimeLimit: 120_000 },
  );
});

test('throttling is everybody’s, and tried again', async () => {
  for (const faults of [{ throttle: {} }, { bareThrottle: {} }, { blocked: {} }] as const) {
    asSent(await mailchimp.send('99', { ...ANA, email: emailOf(99) }));
    await mailchimp.control.setFaults(faults);
    expect(await failureOf(mailchimp.sendMany(people(3)))).toMatchObject({ errorClass: 'transient' });
    await mailchimp.control.clearFaults();
  }
});
