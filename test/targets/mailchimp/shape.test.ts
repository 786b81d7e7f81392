import { describe, expect, test } from '@jest/globals';
import { asSent, failureOf } from '../results.ts';
import { ANA, mailchimpUnderTest, RUI } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const LACKING = [
  'merge field EMSID',
  'merge field BDATE',
  'interest NEWSLETTER',
  'interest OFFERS',
  'interest RESULTS',
  'interest SERVICE',
];

/** Resets to a new audience. */
async function fresh() {
  await mailchimp.control.reset();
  const { shape, ...remote } = mailchimp.connect();
  if (shape === undefined) throw new Error('MailChimp has a shape');
  return { shape, remote };
}

describe('a new audience', () => {
  test('lacks our merge fields and interests, which are created, once', async () => {
    const { shape, remote } = await fresh();
    expect(await shape.missing()).toEqual(LACKING);
    expect(await shape.create()).toEqual(LACKING);
    expect(await shape.missing()).toEqual([]);
    expect(await shape.create()).toEqual([]);
    expect((await mailchimp.control.state()).interests).toEqual({
      EMS: expect.objectContaining({ NEWSLETTER: expect.any(String), SERVICE: expect.any(String) }),
    });
    asSent(await remote.send(mailchimp.request('4711', ANA)));
  });

  test('is written nothing to before: the target is down, and what to do is said', async () => {
    const { remote } = await fresh();
    const calls = [
      () => remote.send(mailchimp.request('4711', ANA)),
      () => remote.bulk?.sendMany([mailchimp.request('4711', ANA)]) ?? Promise.resolve(),
    ];
    for (const call of calls) {
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ errorClass: 'target-down', code: 'incomplete' });
      expect(failure.message).toContain('merge field EMSID');
      expect(failure.message).toContain('npx ems-sync check --fix');
    }
    expect(await mailchimp.members()).toEqual([]);
  });

  test('that is set up meanwhile is written to at once', async () => {
    const { shape, remote } = await fresh();
    await failureOf(remote.send(mailchimp.request('4711', ANA)));
    await shape.create();
    asSent(await remote.send(mailchimp.request('4711', ANA)));
  });
});

test('a merge field of a type that does not take our values is told of, and left alone', async () => {
  const { shape } = await fresh();
  await mailchimp.control.backdoor({ do: 'create-merge-field', tag: 'BDATE', type: 'birthday' });
  expect(await shape.create()).not.toContain('merge field BDATE');
  expect(await shape.missing()).toEqual([expect.stringMatching(/^merge field BDATE of type date/)]);
});

test('interests that somebody made in our group, in other letters, are ours', async () => {
  const { shape } = await fresh();
  await mailchimp.control.backdoor({ do: 'create-interests', category: 'EMS', interests: ['Newsletter', 'Colours'] });
  expect(await shape.missing()).not.toContain('interest NEWSLETTER');
  await shape.create();
  expect(Object.keys((await mailchimp.control.state()).interests['EMS'] ?? {})).toEqual([
    'Newsletter',
    'Colours',
    'OFFERS',
    'RESULTS',
    'SERVICE',
  ]);
});

test('what was found whole is not asked about again for each write', async () => {
  asSent(await mailchimp.send('1', ANA));
  await mailchimp.control.clearJournal();
  asSent(await mailchimp.send('2', RUI));
  expect((await mailchimp.calls()).filter((call) => /merge-fields|interest/.test(call))).toEqual([]);
});

test('what is there is seen beyond the ten that MailChimp shows to who asks for no more', async () => {
  await mailchimp.control.reset();
  for (let number = 0; number < 12; number += 1)
    await mailchimp.control.backdoor({ do: 'create-merge-field', tag: `OTHER${number}` });
  for (const category of Array.from({ length: 12 }, (_, number) => `Group ${number}`))
    await mailchimp.control.backdoor({ do: 'create-interests', category, interests: ['one'] });
  const colours = Array.from({ length: 12 }, (_, number) => `Colour ${number}`);
  await mailchimp.control.backdoor({ do: 'create-interests', category: 'EMS', interests: colours });
  const { shape } = mailchimp.connect();
  expect(await shape?.create()).toEqual(LACKING);
  expect(await shape?.missing()).toEqual([]);
  expect(await mailchimp.connect().shape?.missing()).toEqual([]);
});

test('topics in a group of another name are somebody else’s', async () => {
  await mailchimp.control.reset();
  await mailchimp.control.backdoor({ do: 'create-interests', category: 'Clubs', interests: ['NEWSLETTER'] });
  const { shape, ...remote } = mailchimp.connect();
  expect(await shape?.create()).toEqual(LACKING);
  asSent(await remote.send(mailchimp.request('4711', ANA)));
  const { interests, mergeFields } = await mailchimp.control.state();
  expect(Object.keys(interests)).toEqual(['Clubs', 'EMS']);
  expect(mergeFields.filter(({ tag }) => tag === 'EMSID')).toHaveLength(1);
  expect((await mailchimp.member('ana@clube.example'))?.interests).toEqual(['NEWSLETTER']);
});

const probe = async () => (await mailchimp.remote().shape?.advice?.({ probe: true })) ?? [];

describe('what is not known of status_if_new', () => {
  test.each([
    [false, true, ['status_if_new leaves archived members archived', 'the list call knows status_if_new']],
    [true, true, ['status_if_new brings archived members back', 'the list call knows status_if_new']],
    [
      false,
      false,
      [
        'status_if_new leaves archived members archived',
        'the list call does not know status_if_new: new members go one by one',
      ],
    ],
  ])(
    'is found out by members that are never mailed, and are gone afterwards (brings back: %s, in lists: %s)',
    async (statusIfNewUnarchives, listCallKnowsStatusIfNew, lines) => {
      await mailchimp.control.setSettings({ statusIfNewUnarchives, listCallKnowsStatusIfNew });
      asSent(await mailchimp.send('4711', ANA));
      await mailchimp.control.clearJournal();
      expect(await probe()).toEqual(lines);
      const members = await mailchimp.members();
      expect(members.map(({ email }) => email)).toEqual(['ana@clube.example']);
      const journal = await mailchimp.control.journal({ writesOnly: true });
      expect(JSON.stringify(journal)).not.toMatch(/"subscribed"|"pending"/);
    },
  );

  test('is not looked for unless it is asked for', async () => {
    await mailchimp.control.clearJournal();
    expect(await mailchimp.remote().shape?.advice?.({ probe: false })).toEqual([]);
    expect(await mailchimp.control.journal()).toEqual([]);
  });

  test('a member that could not be deleted is named', async () => {
    const prefix = `/3.0/lists/${mailchimp.started.list}/members/`;
    await mailchimp.control.setFaults({ respond: { status: 500, match: { method: 'POST', prefix } } });
    const lines = await probe();
    await mailchimp.control.clearFaults();
    const named = lines.flatMap((line) => /^delete the member (\S+) in MailChimp/.exec(line)?.[1] ?? []);
    expect(named.toSorted()).toEqual((await mailchimp.members()).map(({ email }) => email).toSorted());
    expect(named).toHaveLength(2);
  });

  test('new members are there all the same where the list call does not know it', async () => {
    await mailchimp.control.setSettings({ listCallKnowsStatusIfNew: false });
    const [one, other] = await mailchimp.sendMany([mailchimp.request('4711', ANA), mailchimp.request('4712', RUI)]);
    expect([asSent(one).kind, asSent(other).kind]).toEqual(['sent', 'sent']);
    expect((await mailchimp.members()).map(({ status }) => status)).toEqual(['subscribed', 'subscribed']);
  });
});
