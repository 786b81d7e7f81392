import { describe, expect, test } from '@jest/globals';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const email = 'ana@clube.example';

const patch = (status: string) => mailchimp.ask('PATCH', `/members/${email}`, { status });

/** The member's status after a call, or the title of the refusal. */
const after = async (status: string): Promise<string> => {
  const { status: code, body } = await patch(status);
  return code === 200 ? body.status : body.title;
};

describe('by API, a member', () => {
  test('that is unsubscribed may be subscribed again, if the API did it; by setting, not', async () => {
    await mailchimp.put(email);
    expect(await after('unsubscribed')).toBe('unsubscribed');
    expect(await after('subscribed')).toBe('subscribed');
    await mailchimp.control.setSettings({ apiMayUndoItsUnsubscribe: false });
    await after('unsubscribed');
    expect(await after('subscribed')).toBe('Member In Compliance State');
  });

  test('that unsubscribed itself may only be asked to confirm', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    const refused = await patch('subscribed');
    expect([refused.status, refused.body.title, refused.body.detail]).toEqual([
      400,
      'Member In Compliance State',
      `${email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`,
    ]);
    expect(await after('pending')).toBe('pending');
    expect(await after('subscribed')).toBe('Member In Compliance State');
    expect((await mailchimp.control.state()).confirmationsSent).toEqual([email]);
    await mailchimp.control.backdoor({ do: 'confirm', member: email });
    expect((await mailchimp.get(email)).status).toBe('subscribed');
  });

  test('that a marketer unsubscribed is as bound; by setting, not', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: email, by: 'admin' });
    expect(await after('subscribed')).toBe('Member In Compliance State');
    await mailchimp.control.setSettings({ adminUnsubscribeIsCompliance: false });
    expect(await after('subscribed')).toBe('subscribed');
  });

  test('that unsubscribed itself stays bound when the API unsubscribes it once more', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    expect(await after('unsubscribed')).toBe('unsubscribed');
    expect(await after('subscribed')).toBe('Member In Compliance State');
  });

  test.each([{ do: 'clean' }, { do: 'mark-compliance' }] as const)(
    'after %o is neither subscribed nor asked',
    async (how) => {
      await mailchimp.put(email, {}, { status: 'unsubscribed' });
      await mailchimp.control.backdoor({ ...how, member: email });
      expect(await after('subscribed')).toBe('Member In Compliance State');
      expect(await after('pending')).toBe('Member In Compliance State');
    },
  );

  test('under review is not subscribed, not even one that is', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'mark-compliance', member: email });
    expect((await mailchimp.put(email)).status).toBe('subscribed');
    expect(await after('subscribed')).toBe('Member In Compliance State');
    expect(await after('unsubscribed')).toBe('unsubscribed');
  });

  test('keeps its status in a PUT that names only status_if_new', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    expect((await mailchimp.put(email, { merge_fields: { FNAME: 'Ana' } })).status).toBe('unsubscribed');
  });

  test('may be transactional: known, not mailed', async () => {
    expect((await mailchimp.put(email, {}, { status: 'transactional' })).status).toBe('transactional');
    expect(await after('subscribed')).toBe('subscribed');
  });

  test('new and pending is sent a mail, and counts as opted in only when it confirms', async () => {
    expect(await mailchimp.put(email, {}, { status: 'pending' })).toMatchObject({
      status: 'pending',
      timestamp_opt: '',
    });
    expect((await mailchimp.control.state()).confirmationsSent).toEqual([email]);
    await mailchimp.control.backdoor({ do: 'confirm', member: email });
    expect((await mailchimp.get(email))['timestamp_opt']).not.toBe('');
    await expect(mailchimp.control.backdoor({ do: 'confirm', member: email })).rejects.toThrow(/nothing to confirm/);
  });
});

describe('an archived member', () => {
  test('comes back by a status, and with what it was; status_if_new alone leaves it there, unless set', async () => {
    await mailchimp.put(email, { merge_fields: { FNAME: 'Ana' } });
    await mailchimp.ask('DELETE', `/members/${email}`);
    expect((await mailchimp.put(email)).status).toBe('archived');
    expect(await mailchimp.put(email, { status: 'subscribed' })).toMatchObject({
      status: 'subscribed',
      merge_fields: { FNAME: 'Ana' },
    });
    await mailchimp.ask('DELETE', `/members/${email}`);
    await mailchimp.control.setSettings({ statusIfNewUnarchives: true });
    expect((await mailchimp.put(email)).status).toBe('subscribed');
  });

  test('that had unsubscribed itself is bound still', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    await mailchimp.ask('DELETE', `/members/${email}`);
    expect(await after('subscribed')).toBe('Member In Compliance State');
    await mailchimp.control.backdoor({ do: 'unarchive', member: email });
    expect((await mailchimp.get(email)).status).toBe('unsubscribed');
  });
});

describe('an erased member', () => {
  const add = { email_address: email, status: 'subscribed', status_if_new: 'subscribed' };

  test('is nobody, and its address is never accepted again', async () => {
    await mailchimp.put(email);
    expect((await mailchimp.ask('POST', `/members/${email}/actions/delete-permanent`)).status).toBe(204);
    expect(await mailchimp.refusal('GET', `/members/${email}`)).toEqual([404, 'Resource Not Found']);
    expect(await mailchimp.refusal('POST', `/members/${email}/actions/delete-permanent`)).toEqual([
      404,
      'Resource Not Found',
    ]);
    expect(await mailchimp.refusal('PUT', `/members/${email}`, add)).toEqual([400, 'Forgotten Email Not Subscribed']);
    expect(await mailchimp.refusal('POST', '/members', { ...add, email_address: email.toUpperCase() })).toEqual([
      400,
      'Forgotten Email Not Subscribed',
    ]);
  });

  test('also not for a member that moves to it', async () => {
    await mailchimp.control.backdoor({ do: 'forget', email });
    await mailchimp.put('b@clube.example');
    expect(await mailchimp.refusal('PATCH', '/members/b@clube.example', { email_address: email })).toEqual([
      400,
      'Forgotten Email Not Subscribed',
    ]);
  });

  test('may sign up by itself', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'delete-permanent', member: email });
    await mailchimp.control.backdoor({ do: 'sign-up', email, confirm: false });
    expect((await mailchimp.get(email)).status).toBe('pending');
    await mailchimp.control.backdoor({ do: 'sign-up', email });
    expect(await mailchimp.get(email)).toMatchObject({ status: 'subscribed', source: 'Hosted Signup Form' });
  });
});

describe('the back door', () => {
  test('makes, edits, tags, moves and archives members', async () => {
    const { id } = await mailchimp.control.backdoor({
      do: 'create-member',
      email,
      set: { merge_fields: { FNAME: 'Ana' } },
      tags: ['theirs'],
    });
    await mailchimp.control.backdoor({ do: 'edit-member', member: id, set: { merge_fields: { LNAME: 'Silva' } } });
    await mailchimp.control.backdoor({ do: 'tag-member', member: email, add: ['gold'], remove: ['theirs'] });
    const moved = await mailchimp.control.backdoor({ do: 'change-email', member: id, email: 'b@clube.example' });
    expect(moved.id).not.toBe(id);
    await mailchimp.control.backdoor({ do: 'archive', member: moved.id });
    expect((await mailchimp.control.state()).members).toEqual({
      [moved.id]: expect.objectContaining({
        email: 'b@clube.example',
        status: 'archived',
        mergeFields: { FNAME: 'Ana', LNAME: 'Silva' },
        tags: ['gold'],
        source: 'Admin Add',
      }),
    });
  });

  test('refuses with the words of Mailchimp', async () => {
    await expect(mailchimp.control.backdoor({ do: 'unsubscribe', member: email })).rejects.toThrow(
      /Resource Not Found/,
    );
  });
});
