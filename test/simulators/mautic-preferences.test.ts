import { describe, expect, test } from '@jest/globals';
import { mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const created = () => mautic.create({ email: 'ana@clube.example' });
const reasons = async (id: number) =>
  (await mautic.read(id)).doNotContact.map(({ channel, reason, comments }) => [channel, reason, comments]);

const tagsOf = async (id: number) => (await mautic.read(id)).tags.map(({ tag }) => tag);

const changes = async (id: number, segment: number) => {
  const after: (string | null)[] = [];
  for (const [path, body] of [
    [`/contacts/${id}/dnc/sms/add`, {}],
    ['/contacts/new', { email: 'ana@clube.example', tags: ['run'] }],
    [`/segments/${segment}/contact/${id}/add`, {}],
  ] as const) {
    await mautic.ask('POST', path, body);
    after.push((await mautic.read(id)).dateModified);
  }
  return after;
};

const segment = async (name: string) => (await mautic.ask('POST', '/segments/new', { name })).body.list;

const members = async (id: number) => (await mautic.ask('GET', `/contacts/${id}/segments`)).body;

describe('do-not-contact', () => {
  test('is added, by reason 3 unless told otherwise, and removed', async () => {
    const { id } = await created();
    const { status, body } = await mautic.ask('POST', `/contacts/${id}/dnc/email/add`, { comments: 'EMS' });
    expect([status, body.contact.doNotContact]).toEqual([
      200,
      [{ id: 1, reason: 3, comments: 'EMS', channel: 'email', channelId: null }],
    ]);
    await mautic.ask('POST', `/contacts/${id}/dnc/sms/add`, { reason: 2 });
    const removed = await mautic.ask('POST', `/contacts/${id}/dnc/email/remove`);
    expect([removed.status, removed.body.recordFound]).toEqual([200, true]);
    expect(await reasons(id)).toEqual([['sms', 2, '']]);
    expect((await mautic.ask('POST', `/contacts/${id}/dnc/email/remove`)).body.recordFound).toBe(false);
  });

  test('with reason 0 is refused, of nobody not found', async () => {
    const { id } = await created();
    expect(await mautic.ask('POST', `/contacts/${id}/dnc/email/add`, { reason: 0 })).toMatchObject({
      status: 400,
      body: { errors: [{ code: 400, message: 'Invalid reason code given' }] },
    });
    expect((await mautic.ask('POST', '/contacts/99/dnc/email/add')).status).toBe(404);
    expect((await mautic.ask('POST', '/contacts/99/dnc/email/remove')).status).toBe(404);
  });

  test("the person's own act stays, whoever says what; a bounce is replaced", async () => {
    const { id } = await created();
    await mautic.control.backdoor({ do: 'unsubscribe', contact: id, comments: 'by the link' });
    await mautic.control.backdoor({ do: 'bounce', contact: id, channel: 'sms' });
    await mautic.ask('POST', `/contacts/${id}/dnc/email/add`, { reason: 3, comments: 'EMS' });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, {
      doNotContact: [
        { channel: 'email', reason: 3, comments: 'EMS' },
        { channel: 'sms', reason: 3, comments: 'EMS' },
      ],
    });
    expect(await reasons(id)).toEqual([
      ['email', 1, 'by the link'],
      ['sms', 3, 'EMS'],
    ]);
  });

  test('a bounce stays where the setting says so', async () => {
    const { id } = await created();
    await mautic.control.setSettings({ bounceSurvivesAdd: true });
    await mautic.control.backdoor({ do: 'bounce', contact: id });
    await mautic.ask('POST', `/contacts/${id}/dnc/email/add`, { reason: 3 });
    expect(await reasons(id)).toEqual([['email', 2, '']]);
  });

  test('the same reason again changes nothing, not even the comment', async () => {
    const { id } = await created();
    await mautic.ask('POST', `/contacts/${id}/dnc/email/add`, { comments: 'EMS' });
    await mautic.ask('POST', `/contacts/${id}/dnc/email/add`, { comments: 'again' });
    expect(await reasons(id)).toEqual([['email', 3, 'EMS']]);
  });

  test('comes with the contact, also in batches; there, reason 0 removes even what the person did', async () => {
    const sent = { email: 'ana@clube.example', doNotContact: [{ channel: 'sms', comments: 'EMS' }, { reason: 1 }] };
    const { body } = await mautic.ask('POST', '/contacts/batch/new', [sent]);
    const { id } = body.contacts[0];
    expect(await reasons(id)).toEqual([
      ['sms', 3, 'EMS'],
      ['email', 1, ''],
    ]);
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { doNotContact: [{ channel: 'email', reason: 0 }] });
    expect(await reasons(id)).toEqual([['sms', 3, 'EMS']]);
  });

  test('a marketer may set, the person may change their mind', async () => {
    const { id } = await created();
    await mautic.control.backdoor({ do: 'do-not-contact', contact: id, channel: 'sms', comments: 'phoned' });
    expect(await reasons(id)).toEqual([['sms', 3, 'phoned']]);
    await mautic.control.backdoor({ do: 'allow-contact', contact: id, channel: 'sms' });
    expect(await reasons(id)).toEqual([]);
  });
});

describe('segments', () => {
  test('are created and listed; an alias that is taken is refused', async () => {
    expect(await segment('EMS Notícias')).toMatchObject({ id: 1, name: 'EMS Notícias', alias: 'ems-noticias' });
    expect((await mautic.ask('POST', '/segments/new', { name: 'Other', alias: 'ems-noticias' })).status).toBe(400);
    expect((await mautic.ask('POST', '/segments/new', { name: 'Other', alias: 'ems-noticias1' })).status).toBe(201);
    const { body } = await mautic.ask('GET', '/segments');
    expect([body.total, Object.keys(body.lists)]).toEqual([2, ['1', '2']]);
    expect((await mautic.ask('GET', '/segments?search=noticias1')).body.lists['2'].name).toBe('Other');
    expect((await mautic.ask('POST', '/segments/new', {})).status).toBe(400);
    expect((await mautic.ask('GET', '/segments/3')).status).toBe(404);
  });

  test('are joined and left; by id, or an empty list', async () => {
    const { id } = await created();
    const { id: list } = await segment('ems-news');
    expect(await members(id)).toEqual({ total: 0, lists: [] });
    for (const _time of [1, 2]) {
      const { body } = await mautic.ask('POST', `/segments/${list}/contact/${id}/add`);
      expect(body).toEqual({ success: 1 });
    }
    expect(await members(id)).toEqual({
      total: 1,
      lists: { [list]: expect.objectContaining({ id: list, alias: 'ems-news', manuallyAdded: true }) },
    });
    expect((await mautic.control.state()).contacts[id]?.segments).toEqual(['ems-news']);
    await mautic.ask('POST', `/segments/${list}/contact/${id}/remove`);
    expect(await members(id)).toEqual({ total: 0, lists: [] });
    const outcomes = (await mautic.control.journal({ writesOnly: true })).map(({ outcome }) => outcome);
    expect(outcomes.slice(-3)).toEqual(['added', 'unchanged', 'removed']);
  });

  test('of nobody, and nowhere, are not found', async () => {
    const { id } = await created();
    const { id: list } = await segment('ems-news');
    expect((await mautic.ask('POST', `/segments/${list}/contact/99/add`)).status).toBe(404);
    expect((await mautic.ask('POST', `/segments/99/contact/${id}/add`)).status).toBe(404);
    expect((await mautic.ask('GET', '/contacts/99/segments')).status).toBe(404);
  });

  test('take many at once, each with its own success', async () => {
    const { id } = await created();
    const { id: list } = await segment('ems-news');
    const { body } = await mautic.ask('POST', `/segments/${list}/contacts/add`, { ids: [id, 99] });
    expect(body).toEqual({ success: 1, details: { [id]: { success: true }, 99: { success: false } } });
    expect((await mautic.ask('POST', `/segments/${list}/contacts/add`, {})).status).toBe(400);
    expect((await mautic.ask('GET', '/contacts?search=segment:ems-news')).body.contacts[id].id).toBe(id);
  });

  test('are joined and left by a marketer', async () => {
    const { id } = await created();
    const { segment: list } = await mautic.control.backdoor({ do: 'create-segment', name: 'ems-news' });
    await mautic.control.backdoor({ do: 'add-to-segment', contact: id, segment: list });
    expect((await members(id)).total).toBe(1);
    await mautic.control.backdoor({ do: 'remove-from-segment', contact: id, segment: list });
    expect((await members(id)).total).toBe(0);
  });
});

describe('tags', () => {
  test('are added, trimmed, decoded; removed by a hyphen; never replaced', async () => {
    const { id } = await mautic.create({ email: 'ana@clube.example', tags: ['ems', ' Run &amp; Swim '] });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { tags: ['new', 'EMS'] });
    expect(await tagsOf(id)).toEqual(['ems', 'Run & Swim', 'new']);
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { tags: '-ems,-never' });
    expect(await tagsOf(id)).toEqual(['Run & Swim', 'new']);
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { tags: [] });
    await mautic.control.backdoor({ do: 'tag-contact', contact: id, tags: ['vip'] });
    expect((await mautic.control.state()).contacts[id]?.tags).toEqual(['Run & Swim', 'new', 'vip']);
  });
});

describe('dateModified', () => {
  test('is moved by do-not-contact and tags, and not by segments', async () => {
    const { id } = await created();
    const { segment } = await mautic.control.backdoor({ do: 'create-segment', name: 'ems-news' });
    const moments = await changes(id, segment);
    expect(moments.map((at) => at !== null)).toEqual([true, true, true]);
  });

  const NOTHING = { doNotContactBumpsDateModified: false, tagsBumpDateModified: false };

  test.each([
    [{ doNotContactBumpsDateModified: true }, 0],
    [{ tagsBumpDateModified: true }, 1],
    [{ segmentsBumpDateModified: true }, 2],
    [{}, -1],
  ])('is by one of them alone, where the setting says so: %j', async (setting, first) => {
    const { id } = await created();
    const { segment } = await mautic.control.backdoor({ do: 'create-segment', name: 'ems-news' });
    await mautic.control.setSettings({ ...NOTHING, ...setting });
    expect((await changes(id, segment)).findIndex((at) => at !== null)).toBe(first);
  });
});
