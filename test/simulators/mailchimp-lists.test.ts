import { describe, expect, test } from '@jest/globals';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

interface Listed {
  readonly email_address: string;
  readonly last_changed: string;
}

const addressesOf = (members: readonly Listed[]): string[] => members.map((member) => member.email_address);

const list = async (query = '') => {
  const { status, body } = await mailchimp.ask('GET', `/members?${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { emails: addressesOf(body.members), total: body.total_items, members: body.members as Listed[] };
};

/** Addresses that the search finds. */
const found = async (text: string): Promise<string[]> => {
  const response = await mailchimp.call('GET', `/3.0/search-members?query=${text}`);
  const answer = (await response.json()) as { full_search: { members: Listed[] } };
  return addressesOf(answer.full_search.members);
};

/** Encoded for a query. */
const at = (moment: string | undefined) => encodeURIComponent(moment ?? '');
const sorted = async (direction: string) => (await list(`sort_field=last_changed&sort_dir=${direction}`)).emails;

/** Whether Ana's `last_changed` changes. */
const changedBy = async (work: () => Promise<unknown>): Promise<boolean> => {
  const { last_changed: before } = await mailchimp.put('a@clube.example', { merge_fields: { FNAME: 'Ana' } });
  await mailchimp.control.setClock(30_000);
  await work();
  return (await mailchimp.get('a@clube.example')).last_changed !== before;
};
const again = () => mailchimp.put('a@clube.example', { merge_fields: { FNAME: 'Ana' } });
const tag = () => mailchimp.ask('POST', '/members/a@clube.example/tags', { tags: [{ name: 'ems', status: 'active' }] });

const send = (body: unknown) => mailchimp.ask('POST', '/members/a@clube.example/tags', body);
const names = async () => (await mailchimp.get('a@clube.example')).tags.map(({ name }) => name);

describe('the list of members', () => {
  test('has ten to a page, and at most a thousand', async () => {
    const members = Array.from({ length: 25 }, (_, nth) => ({
      email_address: `m${nth}@clube.example`,
      status: 'subscribed',
    }));
    await mailchimp.ask('POST', '', { members });
    const first = await list();
    expect([first.emails.length, first.total]).toEqual([10, 25]);
    const last = await list('count=20&offset=20');
    expect(last.emails).toEqual(['m20', 'm21', 'm22', 'm23', 'm24'].map((name) => `${name}@clube.example`));
    expect((await list('count=1000')).emails).toHaveLength(25);
    expect(await mailchimp.refusal('GET', '/members?count=1001')).toEqual([400, 'Invalid Resource', 'count']);
    expect(await mailchimp.refusal('GET', '/members?offset=-1')).toEqual([400, 'Invalid Resource', 'offset']);
  });

  test('leaves out who is archived, unless they are asked for', async () => {
    await mailchimp.put('a@clube.example');
    await mailchimp.put('b@clube.example', {}, { status: 'unsubscribed' });
    await mailchimp.put('c@clube.example');
    await mailchimp.ask('DELETE', '/members/c@clube.example');
    expect((await list()).emails).toEqual(['a@clube.example', 'b@clube.example']);
    expect((await list('status=archived')).emails).toEqual(['c@clube.example']);
    expect((await list('status=unsubscribed')).emails).toEqual(['b@clube.example']);
  });

  test('since a moment includes that moment, before one excludes it', async () => {
    await mailchimp.put('a@clube.example');
    await mailchimp.control.setClock(60_000);
    await mailchimp.put('b@clube.example');
    const [early, late] = (await list('sort_field=last_changed&sort_dir=ASC')).members;
    expect((await list(`since_last_changed=${at(late?.last_changed)}`)).emails).toEqual(['b@clube.example']);
    expect((await list(`since_last_changed=${at(early?.last_changed)}`)).total).toBe(2);
    expect((await list(`before_last_changed=${at(late?.last_changed)}`)).emails).toEqual(['a@clube.example']);
    expect((await list(`since_last_changed=${(late?.last_changed ?? '').slice(0, 19)}`)).emails).toEqual([
      'b@clube.example',
    ]);
  });

  test('with a + that was not encoded is everything; by setting, refused', async () => {
    await mailchimp.put('a@clube.example');
    expect((await list('since_last_changed=2099-01-01T00:00:00%2B00:00')).emails).toEqual([]);
    expect((await list('since_last_changed=2099-01-01T00:00:00+00:00')).emails).toEqual(['a@clube.example']);
    await mailchimp.control.setSettings({ unreadableDate: 'refused' });
    expect(await mailchimp.refusal('GET', '/members?since_last_changed=2099-01-01T00:00:00+00:00')).toEqual([
      400,
      'Invalid Resource',
      'since_last_changed',
    ]);
  });

  test('in order of change, either way', async () => {
    for (const [nth, name] of ['b', 'a', 'c'].entries()) {
      await mailchimp.control.setClock(nth * 5_000);
      await mailchimp.put(`${name}@clube.example`);
    }
    expect(await sorted('ASC')).toEqual(['b@clube.example', 'a@clube.example', 'c@clube.example']);
    expect(await sorted('DESC')).toEqual(['c@clube.example', 'a@clube.example', 'b@clube.example']);
  });

  test('and the search lag behind as long as they are told to; a single member does not', async () => {
    await mailchimp.put('a@clube.example', { merge_fields: { FNAME: 'Ana' } });
    await mailchimp.control.setFaults({ lag: { ms: 5_000 } });
    await mailchimp.control.setClock(6_000);
    await mailchimp.put('b@clube.example');
    await mailchimp.put('a@clube.example', { merge_fields: { FNAME: 'Anabela' } });
    expect((await list()).emails).toEqual(['a@clube.example']);
    expect(await found('anabela')).toEqual([]);
    expect((await mailchimp.get('b@clube.example')).status).toBe('subscribed');
    await mailchimp.control.setClock(13_000);
    expect((await list()).emails).toEqual(['a@clube.example', 'b@clube.example']);
    expect(await found('anabela')).toEqual(['a@clube.example']);
  });
});

describe('last_changed', () => {
  test('moves with a real change, not with a write that changes nothing', async () => {
    expect(await changedBy(again)).toBe(false);
    expect(await changedBy(() => mailchimp.put('a@clube.example', { merge_fields: { FNAME: 'Anabela' } }))).toBe(true);
  });

  test('moves with a tag that is really switched, not with one that is on already, nor with an empty list', async () => {
    expect(await changedBy(tag)).toBe(true);
    await mailchimp.control.setClock(0);
    expect(await changedBy(tag)).toBe(false);
    expect(await changedBy(() => send({ tags: [] }))).toBe(false);
  });
});

describe('tags', () => {
  test('are switched on and off, whatever case they are spelled in', async () => {
    await mailchimp.put('a@clube.example');
    const on = await send({
      tags: [
        { name: 'EMS', status: 'active' },
        { name: 'event:1', status: 'active' },
      ],
    });
    expect([on.status, on.body]).toEqual([204, '']);
    await send({
      tags: [
        { name: 'ems', status: 'active' },
        { name: 'EVENT:1', status: 'inactive' },
      ],
    });
    expect(await names()).toEqual(['EMS']);
    await mailchimp.control.setSettings({ tagNamesIgnoreCase: false });
    await send({ tags: [{ name: 'ems', status: 'active' }] });
    expect(await names()).toEqual(['EMS', 'ems']);
  });

  test.each([
    { tags: ['ems'] },
    { tags: [{ name: 'ems', status: 'on' }] },
    { tag: 'ems' },
    ['ems'],
    {},
    { tags: 'ems' },
  ])('%j is answered 204, and does nothing', async (nonsense) => {
    await mailchimp.put('a@clube.example');
    expect((await send(nonsense)).status).toBe(204);
    expect(await names()).toEqual([]);
  });

  test('of nobody are 404', async () => {
    expect((await send({ tags: [] })).status).toBe(404);
  });

  test('start automations, unless it is said that this is syncing', async () => {
    await mailchimp.put('a@clube.example');
    await send({ tags: [{ name: 'quiet', status: 'active' }], is_syncing: true });
    await send({ tags: [{ name: 'loud', status: 'active' }] });
    expect((await mailchimp.control.state()).automationsStarted).toEqual([{ email: 'a@clube.example', tag: 'loud' }]);
  });

  test('beyond fifty are only in their own list, ten to a page', async () => {
    await mailchimp.put('a@clube.example');
    const tags = Array.from({ length: 55 }, (_, nth) => ({ name: `event:${nth}`, status: 'active' }));
    await send({ tags });
    const member = await mailchimp.get('a@clube.example');
    expect([member.tags.length, member['tags_count']]).toEqual([50, 55]);
    const { body } = await mailchimp.ask('GET', '/members/a@clube.example/tags');
    expect([body.tags.length, body.total_items]).toEqual([10, 55]);
    const rest = await mailchimp.ask('GET', '/members/a@clube.example/tags?count=100&offset=50');
    expect(rest.body.tags.map(({ name }: { name: string }) => name)).toEqual(
      [50, 51, 52, 53, 54].map((nth) => `event:${nth}`),
    );
  });
});

describe('the list', () => {
  test('counts its members', async () => {
    await mailchimp.put('a@clube.example');
    await mailchimp.put('b@clube.example', {}, { status: 'unsubscribed' });
    expect((await mailchimp.ask('GET', '')).body).toMatchObject({
      id: mailchimp.started.list,
      stats: { member_count: 1, unsubscribe_count: 1, cleaned_count: 0 },
    });
    const lists = (await (await mailchimp.call('GET', '/3.0/lists?fields=lists.id')).json()) as object;
    expect(lists).toEqual({ lists: [{ id: mailchimp.started.list }] });
  });

  test('is the only one', async () => {
    expect((await mailchimp.call('GET', '/3.0/lists/ffffffffff')).status).toBe(404);
    expect((await mailchimp.call('GET', '/3.0/lists/ffffffffff/members')).status).toBe(404);
  });
});
