import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startMailchimp, type StartedMailchimp } from '../../../simulators/mailchimp/start.ts';
import type { RemoteSystem } from '../../../targets/remote-system.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, OPTED_OUT, RUI } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

/** An audience with Mailchimp's GDPR fields. */
let gdpr: StartedMailchimp;
let remote: RemoteSystem;

beforeAll(async () => {
  gdpr = await startMailchimp({
    setup: {
      mergeFields: [{ tag: 'PHONE', type: 'text' }],
      marketingPermissions: ['Email', 'Direct Mail', 'Customized Online Advertising'],
    },
  });
  remote = mailchimp.connect({ MAILCHIMP_URL: gdpr.url });
  await remote.shape?.create();
});

afterAll(async () => {
  await gdpr.stop();
});

const member = async (email: string) => (await gdpr.control.state()).members[hashOf(email)];

const EMAIL = 'ana@clube.example';

/** Each person gets a new address, because the tests share one audience. */
let people = 0;
function someone() {
  people += 1;
  const email = `ana${people}@clube.example`;
  return { key: String(4711 + people), email, content: { ...ANA, email } };
}

describe('the permission for e-mail', () => {
  test('is given with EMS’s yes that makes the member, and no other', async () => {
    const { key, email, content } = someone();
    asSent(await mailchimp.send(key, content, {}, remote));
    expect(await member(email)).toMatchObject({ status: 'subscribed', permissions: ['Email'] });
  });

  test('in a bulk call, too', async () => {
    const all = [someone(), someone()];
    const results = await mailchimp.sendMany(
      all.map(({ key, content }) => mailchimp.request(key, content)),
      remote,
    );
    for (const result of results) asSent(result);
    for (const { email } of all) expect(await member(email)).toMatchObject({ permissions: ['Email'] });
  });

  test('that its member has taken away is not given again, by an edit, an opt-in or a bulk call', async () => {
    const { key, email, content } = someone();
    asSent(await mailchimp.send(key, content, {}, remote));
    const [permission] = await permissionsOf(email);
    const set = {
      marketing_permissions: [{ marketing_permission_id: permission?.marketing_permission_id ?? '', enabled: false }],
    };
    await gdpr.control.backdoor({ do: 'edit-member', member: hashOf(email), set });
    asSent(await mailchimp.send(key, { ...content, topics: new Set(['OFFERS']) }, {}, remote));
    asSent((await mailchimp.sendMany([mailchimp.request(key, { ...content, FNAME: 'Eva' })], remote))[0]);
    expect(await member(email)).toMatchObject({ permissions: [], mergeFields: { FNAME: 'Eva' } });
  });

  test('of a member that is matched is left as it is', async () => {
    const { key, email, content } = someone();
    await gdpr.control.backdoor({ do: 'create-member', email });
    asSent(await mailchimp.send(key, content, {}, remote));
    expect(await member(email)).toMatchObject({ status: 'subscribed', permissions: [] });
  });

  test('goes with EMS’s no, in the same call; with the yes after it, it waits for the person’s answer', async () => {
    const { key, email, content } = someone();
    asSent(await mailchimp.send(key, content, {}, remote));
    await gdpr.control.clearJournal();
    asSent(await mailchimp.send(key, { ...content, ...OPTED_OUT }, {}, remote));
    const [first] = await gdpr.control.journal({ writesOnly: true });
    expect(first?.body).toMatchObject({ status: 'unsubscribed', marketing_permissions: [{ enabled: false }] });
    expect(await member(email)).toMatchObject({ status: 'unsubscribed', permissions: [] });
    asSent(await mailchimp.send(key, content, {}, remote));
    expect(await member(email)).toMatchObject({ status: 'pending', permissions: ['Email'] });
  });

  test('that cannot be given fails the attempt', async () => {
    const { key, content } = someone();
    await gdpr.control.setFaults({ respond: { status: 500, match: { method: 'PATCH' } } });
    expect(await failureOf(mailchimp.send(key, content, {}, remote))).toMatchObject({ errorClass: 'transient' });
    await gdpr.control.clearFaults();
  });
});

async function permissionsOf(email: string) {
  const url = `${gdpr.url}/3.0/lists/${gdpr.list}/members/${hashOf(email)}?fields=marketing_permissions`;
  const authorization = `Basic ${Buffer.from(`any:${gdpr.key}`).toString('base64')}`;
  const answer = await fetch(url, { headers: { authorization } });
  const { marketing_permissions } = (await answer.json()) as {
    readonly marketing_permissions: readonly { readonly marketing_permission_id: string }[];
  };
  return marketing_permissions;
}

test('an audience without them is asked for none', async () => {
  asSent(await mailchimp.send('4711', ANA));
  asSent((await mailchimp.sendMany([mailchimp.request('4712', RUI)]))[0]);
  expect(await mailchimp.writes()).not.toContain('PATCH list/members/HASH');
  expect(await mailchimp.member(EMAIL)).toMatchObject({ permissions: [] });
});
