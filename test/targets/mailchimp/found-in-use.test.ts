import { describe, expect, test } from '@jest/globals';
import { asSent, failureOf } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, OPTED_OUT } from './mailchimp-under-test.ts';

/** Problems found with recorded answers of the real MailChimp: docs/pitfalls.md, "Found in use". */
const mailchimp = mailchimpUnderTest();

const OLD = 'ana@clube.example';
const NEW = 'ana@home.example';

const standing = async () =>
  Object.fromEntries((await mailchimp.members()).map(({ email, status }) => [email, status]));

/** EMS withdraws its own opt-out, so the member is asked to confirm. */
async function askAna(): Promise<void> {
  asSent(await mailchimp.send('4711', ANA));
  await mailchimp.send('4711', { ...ANA, ...OPTED_OUT });
  asSent(await mailchimp.send('4711', ANA));
  expect(await standing()).toEqual({ [OLD]: 'pending' });
}

describe('a row that goes', () => {
  test('takes its pending member along: unsubscribed first, then archived, so no confirmation brings it back', async () => {
    await askAna();
    await mailchimp.control.clearJournal();
    await mailchimp.remove('4711');
    expect(await standing()).toEqual({ [OLD]: 'archived' });
    expect(await mailchimp.writes()).toEqual(['PATCH list/members/HASH', 'DELETE list/members/HASH']);
  });

  test('leaves a cleaned member, which cannot be archived and is not mailed', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'clean', member: hashOf(OLD) });
    expect(await mailchimp.remove('4711')).toMatchObject({ left: { refusals: [{ reason: 'bounced' }] } });
    expect(await standing()).toEqual({ [OLD]: 'cleaned' });
  });

  test('is not said to be gone while MailChimp keeps the member', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.setFaults({ respond: { status: 405, match: { method: 'DELETE' } } });
    expect(await failureOf(mailchimp.remove('4711'))).toMatchObject({ errorClass: 'transient', code: 'not-archived' });
    expect(await standing()).toEqual({ [OLD]: 'subscribed' });
  });
});

describe('a new address of one whom MailChimp cannot move', () => {
  test('EMS’s no stays behind under the old address, and nothing is made at the new one', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.send('4711', { ...ANA, ...OPTED_OUT });
    const result = await mailchimp.send('4711', { ...ANA, ...OPTED_OUT, email: NEW });
    expect(result).toEqual({ kind: 'withheld', remoteId: hashOf(OLD), refusals: [] });
    expect(await standing()).toEqual({ [OLD]: 'unsubscribed' });
  });

  test('a no that is taken back with it: the person is asked at the new address', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.send('4711', { ...ANA, ...OPTED_OUT });
    expect(asSent(await mailchimp.send('4711', { ...ANA, email: NEW })).remoteId).toBe(hashOf(NEW));
    expect(await standing()).toEqual({ [OLD]: 'archived', [NEW]: 'pending' });
  });

  test('whoever is still being asked is asked at the new address, and cannot confirm at the old one', async () => {
    await askAna();
    asSent(await mailchimp.send('4711', { ...ANA, email: NEW }));
    expect(await standing()).toEqual({ [OLD]: 'archived', [NEW]: 'pending' });
  });

  test.each(['PUT', 'DELETE'])('the same if the answer to the %s was lost', async (method) => {
    await askAna();
    await mailchimp.control.setFaults({ failAfter: { times: 1, match: { method } } });
    await failureOf(mailchimp.send('4711', { ...ANA, email: NEW }));
    asSent(await mailchimp.send('4711', { ...ANA, email: NEW }));
    expect((await standing())[NEW]).toBe('pending');
    expect(['archived', 'unsubscribed']).toContain((await standing())[OLD]);
  });

  test('a bounce stays with the person, whose record tells it', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'clean', member: hashOf(OLD) });
    expect(await mailchimp.send('4711', { ...ANA, email: NEW })).toEqual({
      kind: 'withheld',
      remoteId: hashOf(OLD),
      refusals: [{ channel: 'email', reason: 'bounced' }],
    });
    expect(await standing()).toEqual({ [OLD]: 'cleaned' });
  });
});

describe('a refusal', () => {
  test('that passes by itself is tried again after a while, by itself and in a list call, and is not parked', async () => {
    await mailchimp.control.setSettings({ busyAddresses: [OLD] });
    const [inList] = await mailchimp.sendMany([mailchimp.request('4711', ANA)]);
    for (const failure of [await failureOf(mailchimp.send('4711', ANA)), inList]) {
      expect(failure).toMatchObject({ errorClass: 'transient', code: 'many-sign-ups', retryAfterMs: 900_000 });
      expect(failure).toMatchObject({ message: expect.not.stringContaining('@') });
    }
    await mailchimp.control.setSettings({ busyAddresses: [] });
    asSent(await mailchimp.send('4711', ANA));
  });

  test('that names its field with a blank in it is told by EMS’s column', async () => {
    const body = {
      title: 'Invalid Resource',
      status: 400,
      detail: 'The resource submitted could not be validated.',
      errors: [{ field: 'email address', message: 'Not allowed.' }],
    };
    await mailchimp.control.setFaults({ respond: { status: 400, body, match: { method: 'PUT' } } });
    expect(await failureOf(mailchimp.send('4711', ANA))).toMatchObject({ errorClass: 'rejected', field: 'email' });
  });
});

describe('a list call', () => {
  test('sends no tags of members who are there: they would begin automations', async () => {
    asSent(await mailchimp.send('4711', { ...ANA, tags: new Set(['ems']) }));
    const { automationsStarted } = await mailchimp.control.state();
    asSent((await mailchimp.sendMany([mailchimp.request('4711', { ...ANA, tags: new Set(['ems', 'event:7']) })]))[0]);
    expect(await mailchimp.member(OLD)).toMatchObject({ tags: ['ems', 'event:7'] });
    expect((await mailchimp.control.state()).automationsStarted).toEqual(automationsStarted);
  });
});

const made = async (format: string): Promise<void> => {
  await mailchimp.control.reset();
  await mailchimp.control.backdoor({ do: 'delete-merge-field', tag: 'PHONE' });
  await mailchimp.control.backdoor({
    do: 'create-merge-field',
    tag: 'PHONE',
    type: 'phone',
    options: { phone_format: format },
  });
  await mailchimp.connect().shape?.create();
};

describe('a phone field', () => {
  test.each(['none', 'international'])('of the format "%s" takes any number', async (format) => {
    await made(format);
    asSent(await mailchimp.send('4711', ANA, {}, mailchimp.connect()));
    expect(await mailchimp.member(OLD)).toMatchObject({ mergeFields: { PHONE: '+351912345678' } });
  });

  test('of the American format gets American numbers only: nobody is parked for another one', async () => {
    await made('US');
    const remote = mailchimp.connect();
    const sent = asSent(await mailchimp.send('4711', ANA, {}, remote));
    expect(sent.stored).toMatchObject({ PHONE: '+351912345678' });
    expect((await mailchimp.member(OLD))?.mergeFields['PHONE'] ?? '').toBe('');
    asSent(await mailchimp.send('4711', { ...ANA, PHONE: '+12125550123' }, {}, remote));
    expect(await mailchimp.member(OLD)).toMatchObject({ mergeFields: { PHONE: '+12125550123' } });
  });
});
