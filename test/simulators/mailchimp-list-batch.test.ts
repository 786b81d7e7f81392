import { expect, test } from '@jest/globals';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const member = (name: string, more: object = {}) => ({
  email_address: `${name}@clube.example`,
  status_if_new: 'subscribed',
  ...more,
});

const batch = async (
  members: readonly unknown[],
  { query = '', ...more }: { query?: string; [name: string]: unknown } = {},
) => (await mailchimp.ask('POST', query, { members, ...more })).body;

test('new members are made, known ones updated only if that is asked for; errors are told in a success', async () => {
  await mailchimp.put('a@clube.example', { merge_fields: { FNAME: 'Ana', LNAME: 'Silva' } });
  const members = [member('a', { merge_fields: { FNAME: 'Anabela' } }), member('b')];
  expect(await batch(members)).toMatchObject({
    new_members: [{ email_address: 'b@clube.example', status: 'subscribed' }],
    updated_members: [],
    errors: [{ email_address: 'a@clube.example', error_code: 'ERROR_CONTACT_EXISTS', field: '' }],
    total_created: 1,
    total_updated: 0,
    error_count: 1,
  });
  expect(await batch(members, { update_existing: true })).toMatchObject({
    updated_members: [
      { email_address: 'a@clube.example', merge_fields: { FNAME: 'Anabela', LNAME: 'Silva' } },
      { email_address: 'b@clube.example' },
    ],
    total_updated: 2,
    error_count: 0,
  });
});

test('each member fails for itself, with its field', async () => {
  await mailchimp.control.backdoor({ do: 'forget', email: 'gone@clube.example' });
  await mailchimp.put('out@clube.example');
  await mailchimp.control.backdoor({ do: 'unsubscribe', member: 'out@clube.example' });
  const answer = await batch(
    [
      member('ok'),
      member('fake', { email_address: 'fake@example.com' }),
      member('gone'),
      member('out', { status: 'subscribed' }),
      member('city', { merge_fields: { ADDRESS: { city: 'Porto' } } }),
      member('odd', { status_if_new: 'happy' }),
      { email_address: 'none@clube.example' },
      'nonsense',
    ],
    { update_existing: true },
  );
  expect([answer.total_created, answer.total_updated, answer.error_count]).toEqual([1, 0, 7]);
  expect(
    answer.errors.map((error: { email_address: string; error_code: string; field: string; field_message: string }) => [
      error.email_address,
      error.error_code,
      error.field,
      error.field_message,
    ]),
  ).toEqual([
    ['fake@example.com', 'ERROR_GENERIC', '', ''],
    ['gone@clube.example', 'ERROR_GENERIC', '', ''],
    ['out@clube.example', 'ERROR_GENERIC', '', ''],
    ['city@clube.example', 'ERROR_GENERIC', 'ADDRESS', 'Please enter a complete address'],
    ['odd@clube.example', 'ERROR_GENERIC', 'status_if_new', expect.stringContaining('Value must be one of')],
    ['none@clube.example', 'ERROR_GENERIC', 'status', 'This value should not be blank.'],
    ['', 'ERROR_GENERIC', '', expect.any(String)],
  ]);
});

test('status overwrites, status_if_new does not', async () => {
  await mailchimp.put('a@clube.example', {}, { status: 'unsubscribed' });
  await batch([member('a')], { update_existing: true });
  expect((await mailchimp.get('a@clube.example')).status).toBe('unsubscribed');
  await batch([member('a', { status: 'subscribed' })], { update_existing: true });
  expect((await mailchimp.get('a@clube.example')).status).toBe('subscribed');
});

test('one address twice in a call is an error, unless nobody looks', async () => {
  const twice = [member('a', { vip: true }), member('a', { email_address: 'A@clube.example', vip: false })];
  expect(await batch(twice, { update_existing: true })).toMatchObject({
    total_created: 1,
    errors: [{ email_address: 'A@clube.example', error_code: 'ERROR_GENERIC' }],
  });
  expect((await mailchimp.get('a@clube.example'))['vip']).toBe(true);
  await batch(twice, { update_existing: true, query: '?skip_duplicate_check=true' });
  expect((await mailchimp.get('a@clube.example'))['vip']).toBe(false);
});

test('sync_tags puts these tags in the place of all others, also of a marketer’s own', async () => {
  await mailchimp.put('a@clube.example', { tags: ['ems'] });
  await mailchimp.control.backdoor({ do: 'tag-member', member: 'a@clube.example', add: ['theirs'] });
  await batch([member('a', { tags: ['late'] })], { update_existing: true });
  const names = async () => (await mailchimp.get('a@clube.example')).tags.map(({ name }) => name);
  expect(await names()).toEqual(['ems', 'theirs', 'late']);
  await batch([member('a', { tags: ['ems', 'event:1'] })], { update_existing: true, sync_tags: true });
  expect(await names()).toEqual(['ems', 'event:1']);
});

test('tags go to members who are there already, too, and move last_changed', async () => {
  await mailchimp.put('a@clube.example', { tags: ['ems'] });
  const { last_changed: before } = await mailchimp.get('a@clube.example');
  await mailchimp.control.setClock(30_000);
  await batch([member('a', { tags: ['ems'] })], { update_existing: true });
  expect((await mailchimp.get('a@clube.example')).last_changed).toBe(before);
  await batch([member('a', { tags: ['event:1'] })], { update_existing: true });
  const after = await mailchimp.get('a@clube.example');
  expect(after.tags.map(({ name }) => name)).toEqual(['ems', 'event:1']);
  expect(after.last_changed).not.toBe(before);
});

test('null stands for nothing; marketing permissions are not looked at', async () => {
  const odd = member('a', { language: null, vip: null, marketing_permissions: 'nonsense' });
  expect(await batch([odd])).toMatchObject({ total_created: 1, error_count: 0 });
});

test('required merge fields are asked for, unless merge validation is skipped', async () => {
  await mailchimp.control.backdoor({ do: 'require-merge-field', tag: 'LNAME' });
  expect(await batch([member('a')])).toMatchObject({
    errors: [{ error: 'Your merge fields were invalid.', field: 'LNAME', field_message: 'Please enter a value' }],
  });
  expect(await batch([member('a')], { query: '?skip_merge_validation=true' })).toMatchObject({ total_created: 1 });
});

test('more than five hundred are refused as a whole', async () => {
  const members = Array.from({ length: 501 }, (_, nth) => member(`m${nth}`));
  expect(await mailchimp.refusal('POST', '', { members })).toEqual([400, 'Invalid Resource', 'members']);
  expect((await mailchimp.control.state()).members).toEqual({});
  expect(await batch(members.slice(1))).toMatchObject({ total_created: 500 });
});

test('a body that is no batch is refused', async () => {
  expect(await mailchimp.refusal('POST', '', { members: {} })).toEqual([400, 'Invalid Resource', 'members']);
  expect(await mailchimp.refusal('POST', '', [])).toEqual([400, 'Invalid Resource', '']);
});
