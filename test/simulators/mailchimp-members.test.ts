import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const email = 'Ana.Silva@clube.example';
const hash = createHash('md5').update(email.toLowerCase()).digest('hex');

describe('a member is put', () => {
  test('new: with what the list gives it, and as subscribed as status_if_new says', async () => {
    const member = await mailchimp.put(email, { merge_fields: { FNAME: 'Ana', LNAME: 'Silva', EMSID: 'per_1' } });
    expect(member).toMatchObject({
      id: hash,
      email_address: email,
      full_name: 'Ana Silva',
      status: 'subscribed',
      language: '',
      merge_fields: { FNAME: 'Ana', LNAME: 'Silva', EMSID: 'per_1', ADDRESS: '', PHONE: '', BIRTHDAY: '', BDATE: '' },
      timestamp_signup: '',
      source: 'API - Generic',
      tags: [],
      list_id: mailchimp.started.list,
    });
    expect(Object.values(member.interests)).toEqual([false, false]);
    expect(member.last_changed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(await mailchimp.get(email)).toEqual(member);
  });

  test('again: what is left out is kept, and an empty text clears', async () => {
    await mailchimp.put(email, { merge_fields: { FNAME: 'Ana', LNAME: 'Silva' }, language: 'pt', vip: true });
    const member = await mailchimp.put(email, { merge_fields: { LNAME: '' } }, { status: 'unsubscribed' });
    expect(member).toMatchObject({ status: 'subscribed', language: 'pt', vip: true });
    expect(member.merge_fields).toMatchObject({ FNAME: 'Ana', LNAME: '' });
  });

  test('by hash in any case, by address or by contact id: it is the same', async () => {
    const { contact_id: contact } = await mailchimp.put(email);
    for (const member of [hash, hash.toUpperCase(), email, email.toUpperCase(), contact]) {
      expect((await mailchimp.get(member)).id).toBe(hash);
    }
  });

  test('in another case of letters: one member, shown as it was first; by setting, as it was sent', async () => {
    await mailchimp.put(email);
    expect((await mailchimp.put(email.toUpperCase())).email_address).toBe(email);
    await mailchimp.control.setSettings({ emailCase: 'last' });
    expect((await mailchimp.put(email.toUpperCase())).email_address).toBe(email.toUpperCase());
    expect(Object.keys((await mailchimp.control.state()).members)).toEqual([hash]);
  });

  test('new without any status is refused', async () => {
    expect(await mailchimp.refusal('PUT', `/members/${hash}`, { email_address: email })).toEqual([
      400,
      'Invalid Resource',
      'status',
    ]);
  });

  test('without an address it is refused, and so is what does not fit the schema', async () => {
    const refused = (body: unknown) => mailchimp.refusal('PUT', `/members/${hash}`, body);
    expect(await refused({ status_if_new: 'subscribed' })).toEqual([400, 'Invalid Resource', 'email_address']);
    expect(await refused({ status: 'subscribed' })).toEqual([400, 'Invalid Resource', 'email_address']);
    expect(await refused({ email_address: email, status: 'archived' })).toEqual([400, 'Invalid Resource', 'status']);
    expect(await refused({ email_address: email, status_if_new: 'subscribed', language: null })).toEqual([
      400,
      'Invalid Resource',
      'language',
    ]);
    expect(await refused('{"email_address":')).toEqual([400, 'JSON Parse Error']);
    expect((await mailchimp.control.state()).members).toEqual({});
  });

  test('a status alone is enough for a member who is known', async () => {
    await mailchimp.put(email);
    const { status, body } = await mailchimp.ask('PUT', `/members/${hash}`, { status: 'unsubscribed' });
    expect([status, body.status, body.email_address]).toEqual([200, 'unsubscribed', email]);
  });

  test('a language that was never sent is empty', async () => {
    expect((await mailchimp.put(email))['language']).toBe('');
  });

  test('tags count on creation only; by setting, always', async () => {
    await mailchimp.put(email, { tags: ['ems', 'vip'] });
    expect((await mailchimp.put(email, { tags: ['late'] })).tags.map(({ name }) => name)).toEqual(['ems', 'vip']);
    await mailchimp.control.setSettings({ tagsInMember: 'always' });
    expect((await mailchimp.put(email, { tags: ['late'] })).tags.map(({ name }) => name)).toEqual([
      'ems',
      'vip',
      'late',
    ]);
  });

  test('with interests: those that are not named are kept', async () => {
    const topics = (await mailchimp.control.state()).interests['EMS topics'] ?? {};
    const [newsletter = '', offers = ''] = [topics['NEWSLETTER'], topics['OFFERS']];
    await mailchimp.put(email, { interests: { [newsletter]: true } });
    expect((await mailchimp.put(email, { interests: { [offers]: true } })).interests).toEqual({
      [newsletter]: true,
      [offers]: true,
    });
    expect((await mailchimp.put(email, { interests: { [newsletter]: false } })).interests[newsletter]).toBe(false);
    const refused = { email_address: email, interests: { ffffffffff: true } };
    expect(await mailchimp.refusal('PUT', `/members/${hash}`, refused)).toEqual([
      400,
      'Invalid Resource',
      'interests.ffffffffff',
    ]);
  });

  test.each([
    ['pt', 'pt'],
    ['pt_PT', 'pt_PT'],
    ['pt-PT', 'pt_PT'],
    ['de_AT', 'de'],
    ['tlh', 'en'],
  ])('language %s becomes %s', async (sent, kept) => {
    expect((await mailchimp.put(email, { language: sent }))['language']).toBe(kept);
  });
});

describe('addresses', () => {
  test.each(['ana@example.com', 'ANA@Example.NET'])('%s looks fake', async (fake) => {
    const answer = await mailchimp.ask('PUT', `/members/${fake}`, { email_address: fake, status_if_new: 'subscribed' });
    expect([answer.status, answer.body.title, answer.body.detail]).toEqual([
      400,
      'Invalid Resource',
      `${fake} looks fake or invalid, please enter a real email address.`,
    ]);
  });

  test.each(['ana@example.org', 'ana@mail.example.com', 'ana@pt.runners.example'])('%s passes', async (real) => {
    expect((await mailchimp.put(real)).email_address).toBe(real);
  });

  test('which domains are refused is a setting', async () => {
    await mailchimp.control.setSettings({ refusedDomains: ['fake.example'] });
    expect((await mailchimp.put('ana@example.com')).status).toBe('subscribed');
    const fake = { email_address: 'ana@fake.example', status_if_new: 'subscribed' };
    expect(await mailchimp.refusal('PUT', '/members/ana@fake.example', fake)).toEqual([400, 'Invalid Resource']);
  });

  test.each(['', 'ana', 'ana@club', 'a b@clube.example', 'a@b@clube.example', 'a@clube.example,'])(
    '"%s" is none',
    async (none) => {
      const answer = await mailchimp.refusal('POST', '/members', { email_address: none, status: 'subscribed' });
      expect(answer.slice(0, 2)).toEqual([400, 'Invalid Resource']);
    },
  );
});

describe('the address changes', () => {
  const later = 'ana@novo.example';

  test.each(['unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'])(
    'of a subscribed member only: of one who is %s it is refused, by PATCH and by PUT',
    async (status) => {
      await mailchimp.put(email, {}, { status: status === 'archived' ? 'subscribed' : status });
      if (status === 'archived') await mailchimp.ask('DELETE', `/members/${hash}`);
      for (const method of ['PATCH', 'PUT']) {
        expect(await mailchimp.refusal(method, `/members/${hash}`, { email_address: later })).toEqual([
          400,
          'Invalid Resource',
          'email address',
        ]);
      }
      expect((await mailchimp.get(hash)).status).toBe(status);
    },
  );

  test('PUT at an unknown hash with the address of a member is refused', async () => {
    await mailchimp.put(email);
    const body = { email_address: email, status_if_new: 'subscribed' };
    expect(await mailchimp.refusal('PUT', `/members/${createHash('md5').update(later).digest('hex')}`, body)).toEqual([
      400,
      'Member Exists',
    ]);
  });

  test('by PATCH: a new id, the same contact, and nobody under the old one', async () => {
    const before = await mailchimp.put(email, { merge_fields: { FNAME: 'Ana' } });
    const { status, body: after } = await mailchimp.ask('PATCH', `/members/${hash}`, { email_address: later });
    expect(status).toBe(200);
    expect(after.id).toBe(createHash('md5').update(later).digest('hex'));
    const { contact_id, web_id } = before;
    expect(after).toMatchObject({ contact_id, web_id, merge_fields: { FNAME: 'Ana' } });
    expect(await mailchimp.refusal('GET', `/members/${hash}`)).toEqual([404, 'Resource Not Found']);
  });

  test('to one that another member has: refused, also if that one is archived', async () => {
    await mailchimp.put(email);
    await mailchimp.put(later);
    expect(await mailchimp.refusal('PATCH', `/members/${hash}`, { email_address: later })).toEqual([
      400,
      'Member Exists',
    ]);
    await mailchimp.ask('DELETE', `/members/${later}`);
    await mailchimp.control.setSettings({ takenAddressTitle: 'Invalid Resource' });
    expect(await mailchimp.refusal('PATCH', `/members/${hash}`, { email_address: later })).toEqual([
      400,
      'Invalid Resource',
    ]);
    expect(Object.keys((await mailchimp.control.state()).members)).toHaveLength(2);
  });

  test('PUT at the new hash makes a second member', async () => {
    await mailchimp.put(email);
    await mailchimp.put(later);
    expect(Object.keys((await mailchimp.control.state()).members)).toHaveLength(2);
  });

  test('PUT at the old hash moves it; by setting, the address is ignored', async () => {
    await mailchimp.put(email);
    await mailchimp.control.setSettings({ putMovesAddress: false });
    const kept = await mailchimp.ask('PUT', `/members/${hash}`, { email_address: later });
    expect(kept.body.email_address).toBe(email);
    await mailchimp.control.setSettings({ putMovesAddress: true });
    const moved = await mailchimp.ask('PUT', `/members/${hash}`, { email_address: later });
    expect(moved.body.email_address).toBe(later);
  });
});

describe('other calls', () => {
  test('POST adds a member once', async () => {
    const created = await mailchimp.ask('POST', '/members', { email_address: email, status: 'subscribed' });
    expect([created.status, created.body.id]).toEqual([200, hash]);
    expect(await mailchimp.refusal('POST', '/members', { email_address: email, status: 'subscribed' })).toEqual([
      400,
      'Member Exists',
    ]);
    expect(await mailchimp.refusal('POST', '/members', { email_address: 'b@clube.example' })).toEqual([
      400,
      'Invalid Resource',
      'status',
    ]);
  });

  test('PATCH of nobody is 404', async () => {
    expect(await mailchimp.refusal('PATCH', `/members/${hash}`, { vip: true })).toEqual([404, 'Resource Not Found']);
  });

  test('DELETE archives; of nobody it is 404', async () => {
    await mailchimp.put(email);
    expect((await mailchimp.ask('DELETE', `/members/${hash}`)).status).toBe(204);
    expect((await mailchimp.get(hash)).status).toBe('archived');
    expect(await mailchimp.refusal('DELETE', '/members/nobody@clube.example')).toEqual([404, 'Resource Not Found']);
  });

  test.each(['pending', 'cleaned', 'archived'])(
    'DELETE of one who is %s is 405, and changes nothing',
    async (status) => {
      await mailchimp.put(email, {}, { status: status === 'archived' ? 'subscribed' : status });
      if (status === 'archived') await mailchimp.ask('DELETE', `/members/${hash}`);
      expect(await mailchimp.refusal('DELETE', `/members/${hash}`)).toEqual([405, 'Method Not Allowed']);
      expect((await mailchimp.get(hash)).status).toBe(status);
    },
  );

  test('POST of an archived member brings it back', async () => {
    await mailchimp.put(email);
    await mailchimp.ask('DELETE', `/members/${hash}`);
    const { status, body } = await mailchimp.ask('POST', '/members', { email_address: email, status: 'subscribed' });
    expect([status, body.status]).toEqual([200, 'subscribed']);
  });

  test('an address that signed up to a lot of lists may not join, nor come back, until it is forgotten', async () => {
    await mailchimp.put('back@clube.example');
    await mailchimp.ask('DELETE', '/members/back@clube.example');
    await mailchimp.control.setSettings({ busyAddresses: [email, 'back@clube.example'] });
    const refused = await mailchimp.ask('POST', '/members', { email_address: email, status: 'subscribed' });
    expect([refused.status, refused.body.title]).toEqual([400, 'Invalid Resource']);
    expect(refused.body.detail).toContain('signed up to a lot of lists very recently');
    expect(await mailchimp.refusal('PATCH', '/members/back@clube.example', { status: 'subscribed' })).toEqual([
      400,
      'Invalid Resource',
    ]);
    await mailchimp.control.setSettings({ busyAddresses: [] });
    expect((await mailchimp.put(email)).status).toBe('subscribed');
  });

  test('fields and exclude_fields cut the answer', async () => {
    await mailchimp.put(email, { merge_fields: { FNAME: 'Ana', LNAME: 'Silva' } });
    const some = await mailchimp.ask('GET', `/members/${hash}?fields=id,merge_fields.FNAME`);
    expect(some.body).toEqual({ id: hash, merge_fields: { FNAME: 'Ana' } });
    const most = await mailchimp.ask('GET', `/members/${hash}?exclude_fields=_links,merge_fields.FNAME`);
    expect(most.body).not.toHaveProperty('_links');
    expect(most.body.merge_fields).not.toHaveProperty('FNAME');
    expect(most.body.merge_fields.LNAME).toBe('Silva');
  });
});
