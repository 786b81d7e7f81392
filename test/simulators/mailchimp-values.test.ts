import { describe, expect, test } from '@jest/globals';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest({
  setup: {
    mergeFields: [
      { tag: 'EMSID' },
      { tag: 'BDATE', type: 'date' },
      { tag: 'USPHONE', type: 'phone', options: { phone_format: 'US' } },
      { tag: 'SHIRT', type: 'dropdown', options: { choices: ['S', 'M', 'L'] } },
      { tag: 'SCORE', type: 'number' },
      { tag: 'SITE', type: 'url' },
      { tag: 'ZIP', type: 'zip' },
    ],
    marketingPermissions: ['Email', 'Direct Mail'],
  },
});

const email = 'ana@clube.example';
const porto = { addr1: 'Rua Nova 1', city: 'Porto', state: 'Porto', zip: '4000-100', country: 'PT' };

const refused = (tag: string, value: unknown) =>
  mailchimp.refusal('PUT', `/members/${email}`, {
    email_address: email,
    status_if_new: 'subscribed',
    merge_fields: { [tag]: value },
  });

describe('merge values', () => {
  test.each([
    ['FNAME', '  Ana ', 'Ana'],
    ['FNAME', 'a'.repeat(255), 'a'.repeat(255)],
    ['FNAME', '🏅'.repeat(255), '🏅'.repeat(255)],
    ['FNAME', '   ', ''],
    ['FNAME', '<b>Zoë</b> O’Brien', '<b>Zoë</b> O’Brien'],
    ['EMSID', 12, '12'],
    ['PHONE', '+351912345678', '+351912345678'],
    ['USPHONE', '(415) 555-2671', '(415) 555-2671'],
    ['BDATE', '1988-02-29', '1988-02-29'],
    ['BIRTHDAY', '2/29', '02/29'],
    ['SHIRT', 'M', 'M'],
    ['SHIRT', '', ''],
    ['SCORE', '4.50', 4.5],
    ['SCORE', 0, 0],
    ['SITE', 'https://clube.example/', 'https://clube.example/'],
    ['ZIP', '94103', '94103'],
    ['ADDRESS', porto, { ...porto, addr2: '' }],
    ['ADDRESS', { ...porto, country: '' }, { ...porto, addr2: '', country: 'US' }],
    ['ADDRESS', { addr1: '', city: '', state: '', zip: '', country: 'PT' }, ''],
    ['ADDRESS', '', ''],
  ])('%s %j is kept as %j', async (tag, sent, kept) => {
    expect((await mailchimp.put(email, { merge_fields: { [tag]: sent } })).merge_fields[tag]).toEqual(kept);
    expect((await mailchimp.get(email)).merge_fields[tag]).toEqual(kept);
  });

  test.each([
    ['FNAME', 'a'.repeat(256)],
    ['FNAME', { first: 'Ana' }],
    ['USPHONE', '+351912345678'],
    ['BDATE', '1988-02-30'],
    ['BDATE', '29/02/1988'],
    ['BIRTHDAY', '13/01'],
    ['BIRTHDAY', '1988-02-29'],
    ['SHIRT', 'XL'],
    ['SCORE', 'many'],
    ['SITE', 'clube'],
    ['ZIP', '4000-100'],
    ['ADDRESS', { ...porto, state: '' }],
    ['ADDRESS', { addr1: 'Rua Nova 1' }],
    ['ADDRESS', 'Rua Nova 1'],
  ])('%s %j is refused, and nothing is kept', async (tag, sent) => {
    expect(await refused(tag, sent)).toEqual([400, 'Invalid Resource', tag]);
    expect((await mailchimp.control.state()).members).toEqual({});
  });

  test('of an incomplete address say so', async () => {
    const { body } = await mailchimp.ask('PUT', `/members/${email}`, {
      email_address: email,
      status_if_new: 'subscribed',
      merge_fields: { ADDRESS: { ...porto, zip: ' ' }, FNAME: 'Ana' },
    });
    expect(body).toMatchObject({
      detail: 'Your merge fields were invalid.',
      errors: [{ field: 'ADDRESS', message: 'Please enter a complete address' }],
    });
    expect(body.instance).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of an address replace all of it; an empty one clears it', async () => {
    await mailchimp.put(email, { merge_fields: { ADDRESS: { ...porto, addr2: '2.º' } } });
    expect((await mailchimp.put(email, { merge_fields: { ADDRESS: porto } })).merge_fields['ADDRESS']).toMatchObject({
      addr2: '',
    });
    expect((await mailchimp.put(email, { merge_fields: { ADDRESS: '' } })).merge_fields['ADDRESS']).toBe('');
  });

  test('abroad need no state, by setting', async () => {
    await mailchimp.control.setSettings({ stateRequiredAbroad: false });
    const abroad = { ...porto, state: '' };
    expect((await mailchimp.put(email, { merge_fields: { ADDRESS: abroad } })).merge_fields['ADDRESS']).toMatchObject({
      state: '',
    });
    expect(await refused('ADDRESS', { ...abroad, country: 'US' })).toEqual([400, 'Invalid Resource', 'ADDRESS']);
  });

  test('of an unknown tag are ignored without a word', async () => {
    expect((await mailchimp.put(email, { merge_fields: { NOSUCH: 'x' } })).merge_fields).not.toHaveProperty('NOSUCH');
  });

  test('of null are kept as they were; by setting, cleared', async () => {
    await mailchimp.put(email, { merge_fields: { FNAME: 'Ana' } });
    expect((await mailchimp.put(email, { merge_fields: { FNAME: null } })).merge_fields['FNAME']).toBe('Ana');
    await mailchimp.control.setSettings({ nullMergeValue: 'cleared' });
    expect((await mailchimp.put(email, { merge_fields: { FNAME: null } })).merge_fields['FNAME']).toBe('');
  });

  test('that are required are asked for in every write, unless merge validation is skipped', async () => {
    await mailchimp.put(email);
    await mailchimp.control.backdoor({ do: 'require-merge-field', tag: 'LNAME' });
    expect(await refused('FNAME', 'Ana')).toEqual([400, 'Invalid Resource', 'LNAME']);
    expect(await mailchimp.refusal('PATCH', `/members/${email}`, { status: 'unsubscribed' })).toEqual([
      400,
      'Invalid Resource',
      'LNAME',
    ]);
    const skipped = await mailchimp.put(
      email,
      { merge_fields: { FNAME: 'Ana' } },
      { query: '?skip_merge_validation=true' },
    );
    expect(skipped.merge_fields).toMatchObject({ FNAME: 'Ana', LNAME: '' });
    expect((await mailchimp.put(email, { merge_fields: { LNAME: 'Silva' } })).merge_fields['LNAME']).toBe('Silva');
    expect(await refused('LNAME', '')).toEqual([400, 'Invalid Resource', 'LNAME']);
  });
});

test('marketing permissions are told by a member, and kept where they are not named', async () => {
  const { marketing_permissions: told } = await mailchimp.put(email);
  const [first, second] = told as { marketing_permission_id: string; text: string; enabled: boolean }[];
  expect([first?.text, first?.enabled]).toEqual(['Email', false]);
  const give = (id: string | undefined) =>
    mailchimp.put(email, { marketing_permissions: [{ marketing_permission_id: id, enabled: true }] });
  await give(first?.marketing_permission_id);
  await give(second?.marketing_permission_id);
  expect((await mailchimp.control.state()).members).toMatchObject({
    [(await mailchimp.get(email)).id]: { permissions: ['Email', 'Direct Mail'] },
  });
});

describe('merge fields', () => {
  test('come ten to a page', async () => {
    const { body } = await mailchimp.ask('GET', '/merge-fields');
    expect([body.merge_fields.length, body.total_items]).toEqual([10, 12]);
    const all = await mailchimp.ask('GET', '/merge-fields?count=1000');
    expect(all.body.merge_fields[0]).toMatchObject({ merge_id: 1, tag: 'FNAME', type: 'text', required: false });
  });

  test('are made with a tag of at most ten upper-case letters', async () => {
    const made = await mailchimp.ask('POST', '/merge-fields', { tag: 'club', name: 'Club', type: 'text' });
    expect([made.status, made.body.tag, made.body.merge_id]).toEqual([200, 'CLUB', 13]);
    expect((await mailchimp.put(email, { merge_fields: { CLUB: 'Harbour' } })).merge_fields['CLUB']).toBe('Harbour');
    const add = (tag: string, type = 'text') => mailchimp.refusal('POST', '/merge-fields', { tag, name: 'x', type });
    expect(await add('CLUB')).toEqual([400, 'Invalid Resource']);
    expect(await add('ELEVENCHARS')).toEqual([400, 'Invalid Resource', 'tag']);
    expect(await add('COLOUR', 'dropdown')).toEqual([400, 'Invalid Resource', 'options.choices']);
    expect(await add('COLOUR', 'blob')).toEqual([400, 'Invalid Resource', 'type']);
    const named = await mailchimp.ask('POST', '/merge-fields', { name: 'No tag', type: 'text' });
    expect(named.body.tag).toBe('MMERGE14');
  });

  test('are no more than the plan allows', async () => {
    await mailchimp.control.setSettings({ maxMergeFields: 12 });
    expect(await mailchimp.refusal('POST', '/merge-fields', { tag: 'MORE', name: 'More', type: 'text' })).toEqual([
      400,
      'Invalid Resource',
    ]);
  });

  test('are changed and deleted, and their values with them; a made phone field takes US numbers only', async () => {
    const { body: made } = await mailchimp.ask('POST', '/merge-fields', { tag: 'MOB', name: 'Mobile', type: 'phone' });
    expect(await refused('MOB', '+351912345678')).toEqual([400, 'Invalid Resource', 'MOB']);
    const patched = await mailchimp.ask('PATCH', `/merge-fields/${made.merge_id}`, {
      name: 'Mobile phone',
      options: { phone_format: 'none' },
    });
    expect(patched.body).toMatchObject({ tag: 'MOB', name: 'Mobile phone', type: 'phone' });
    await mailchimp.put(email, { merge_fields: { MOB: '+351912345678' } });
    await mailchimp.ask('PATCH', `/merge-fields/${made.merge_id}`, { tag: 'MOBILE' });
    expect((await mailchimp.get(email)).merge_fields).toMatchObject({ MOBILE: '+351912345678' });
    expect((await mailchimp.ask('DELETE', `/merge-fields/${made.merge_id}`)).status).toBe(204);
    await mailchimp.control.backdoor({ do: 'create-merge-field', tag: 'MOBILE' });
    expect((await mailchimp.get(email)).merge_fields['MOBILE']).toBe('');
    await mailchimp.control.backdoor({ do: 'delete-merge-field', tag: 'MOBILE' });
    expect((await mailchimp.get(email)).merge_fields).not.toHaveProperty('MOBILE');
    expect(await mailchimp.refusal('GET', `/merge-fields/${made.merge_id}`)).toEqual([404, 'Resource Not Found']);
  });
});

describe('interests', () => {
  test('are in categories, and are made in them', async () => {
    const category = await mailchimp.ask('POST', '/interest-categories', { title: 'Sports', type: 'checkboxes' });
    const path = `/interest-categories/${category.body.id}/interests`;
    const made = await mailchimp.ask('POST', path, { name: 'Running' });
    expect([made.status, made.body.name, made.body.category_id]).toEqual([200, 'Running', category.body.id]);
    expect(await mailchimp.refusal('POST', path, { name: 'running' })).toEqual([400, 'Invalid Resource']);
    await mailchimp.put(email, { interests: { [made.body.id]: true } });
    expect((await mailchimp.ask('GET', path)).body).toMatchObject({
      interests: [{ id: made.body.id, name: 'Running', subscriber_count: '1' }],
      total_items: 1,
    });
    const titles = (await mailchimp.ask('GET', '/interest-categories')).body.categories.map(
      ({ title }: { title: string }) => title,
    );
    expect(titles).toEqual(['EMS topics', 'Sports']);
    expect((await mailchimp.ask('DELETE', `${path}/${made.body.id}`)).status).toBe(204);
    expect((await mailchimp.get(email)).interests).not.toHaveProperty(made.body.id);
    expect(await mailchimp.refusal('GET', `${path}/${made.body.id}`)).toEqual([404, 'Resource Not Found']);
  });
});
