import { describe, expect, test } from '@jest/globals';
import type { ConsentPage, ConsentSource } from '../../../targets/consent-source.ts';
import { nextPlace, placeIn } from '../../../targets/mailchimp/changed-pages.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, RUI } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const HOUR_MS = 3_600_000;

const source = (): ConsentSource => {
  const { consent } = mailchimp.remote();
  if (consent === undefined) throw new Error('consent is read back');
  return consent;
};

/** All pages of a scope, as a poll reads them. */
async function poll(scope: string, since: string | null): Promise<readonly ConsentPage[]> {
  const pages: ConsentPage[] = [];
  let page: string | null = null;
  do {
    const read: ConsentPage = await source().list({ scope, since, page });
    pages.push(read);
    page = read.next;
  } while (page !== null && pages.length < 100);
  return pages;
}

const emailsIn = (pages: readonly ConsentPage[]) =>
  [...new Set(pages.flatMap(({ contacts }) => contacts).map(({ addresses }) => addresses.email ?? ''))].toSorted();

const create = (email: string, status: 'subscribed' | 'unsubscribed' | 'cleaned' = 'subscribed') =>
  mailchimp.control.backdoor({ do: 'create-member', email, status, by: 'user' });

describe('a member', () => {
  test('tells its address, whose it is, and what it refuses', async () => {
    const { remoteId } = asSent(await mailchimp.send('4711', ANA));
    const common = {
      remoteId,
      emsKey: '4711',
      addresses: { email: 'ana@clube.example' },
      modifiedOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    };
    expect(await source().fetch(remoteId)).toEqual({ ...common, refusals: [] });
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: remoteId });
    expect(await source().fetch(remoteId)).toEqual({
      ...common,
      refusals: [{ channel: 'email', reason: 'unsubscribed' }],
      // Our own unsubscription, if it matches what our last write stored.
      oursIfStored: ['status', 'unsubscribed'],
    });
    await mailchimp.control.backdoor({ do: 'clean', member: remoteId });
    expect(await source().fetch(remoteId)).toMatchObject({ refusals: [{ reason: 'bounced' }] });
  });

  test.each(['0', '-1', '1.5', 'Ana', '99999999999999999999', '007'])(
    'with %j for an EMS id is nobody’s',
    async (EMSID) => {
      await mailchimp.control.backdoor({
        do: 'create-member',
        email: 'ana@clube.example',
        set: { merge_fields: { EMSID } },
      });
      expect(await source().fetch(hashOf('ana@clube.example'))).toMatchObject({ emsKey: null });
    },
  );

  test.each([
    ['text', '4711', '4711'],
    ['number', '4711', '4711'],
    ['text', '9007199254740993', '9007199254740993'],
    // Rounded, it would be 9007199254740992: another person.
    ['number', '9007199254740993', null],
  ] as const)('whose EMSID is a %s and %s is that of %j', async (type, key, emsKey) => {
    await mailchimp.control.backdoor({ do: 'delete-merge-field', tag: 'EMSID' });
    await mailchimp.control.backdoor({ do: 'create-merge-field', tag: 'EMSID', type });
    const { remoteId } = asSent(await mailchimp.send(key, ANA));
    expect(await source().fetch(remoteId)).toMatchObject({ emsKey });
  });

  test('that is unknown is null, and so is one that was erased', async () => {
    expect(await source().fetch(hashOf('ana@clube.example'))).toBeNull();
    await create('ana@clube.example');
    await mailchimp.control.backdoor({ do: 'delete-permanent', member: hashOf('ana@clube.example') });
    expect(await source().fetch(hashOf('ana@clube.example'))).toBeNull();
  });
});

describe('what has changed', () => {
  test('is whoever was changed since; the first time everybody', async () => {
    await create('old@clube.example');
    await create('left@clube.example');
    await mailchimp.control.setClock(HOUR_MS);
    await create('new@clube.example', 'cleaned');
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: hashOf('left@clube.example') });
    const all = ['left@clube.example', 'new@clube.example', 'old@clube.example'];
    expect(emailsIn(await poll('members', null))).toEqual(all);
    const since = (await source().fetch(hashOf('new@clube.example')))?.modifiedOn ?? '';
    const before = Temporal.Instant.from(since).subtract({ minutes: 5 }).toString();
    expect(emailsIn(await poll('members', before))).toEqual(all.slice(0, 2));
  });

  test('is found by a time with any offset, to the second', async () => {
    await create('ana@clube.example');
    const time = (await source().fetch(hashOf('ana@clube.example')))?.modifiedOn ?? '';
    const tokyo = Temporal.Instant.from(time).subtract({ milliseconds: 100 }).toString({ timeZone: 'Asia/Tokyo' });
    expect(emailsIn(await poll('members', tokyo))).toEqual(['ana@clube.example']);
  });

  test('is read to its end, page by page', async () => {
    for (const hour of [1, 2, 3]) {
      await mailchimp.control.setClock(hour * HOUR_MS);
      const members = Array.from({ length: 500 }, (_, n) =>
        mailchimp.request(`${hour}${n}`, { ...ANA, email: `ana${hour}-${n}@clube.example` }),
      );
      for (const result of await mailchimp.sendMany(members)) asSent(result);
    }
    const pages = await poll('members', null);
    expect(pages.length).toBeGreaterThan(1);
    expect(emailsIn(pages)).toHaveLength(1_500);
  });

  test('is read on by time, and by counting where a page holds less than a second', () => {
    const at = '2027-01-01T10:00:00Z';
    const pages = [];
    for (let page: string | null = null; pages.length < 3;) {
      page = nextPlace(placeIn(page, null), 1_000, at);
      pages.push(page);
    }
    const before = '2027-01-01T09:59:59+00:00';
    expect(pages).toEqual([`1:0@${before}`, `2:1000@${before}`, `3:2000@${before}`]);
    expect(placeIn(pages[1] ?? null, null)).toEqual({ pages: 2, since: before, offset: 1_000 });
    expect(nextPlace(placeIn('2:2000@', null), 1_000, null)).toBe('3:3000@');
  });

  test('skips nobody when members change, and so move to the end, while it is read', async () => {
    const emails = [];
    for (const hour of [1, 2]) {
      await mailchimp.control.setClock(hour * HOUR_MS);
      for (let call = 0; call < 2; call += 1) {
        const mine = Array.from({ length: 500 }, (_, n) => `ana${hour}-${call}-${n}@clube.example`);
        emails.push(...mine);
        const requests = mine.map((email, n) => mailchimp.request(`${hour}${call}${n}`, { ...ANA, email }));
        for (const result of await mailchimp.sendMany(requests)) asSent(result);
      }
    }
    const first = await source().list({ scope: 'members', since: null, page: null });
    await mailchimp.control.setClock(3 * HOUR_MS);
    // The contacts of the first page now come after all others, so offset paging from the start would skip as many.
    for (const { remoteId } of first.contacts.slice(0, 20))
      await mailchimp.control.backdoor({ do: 'unsubscribe', member: remoteId });
    const pages = [first];
    for (let { next } = first; next !== null && pages.length < 20;) {
      const page = await source().list({ scope: 'members', since: null, page: next });
      pages.push(page);
      ({ next } = page);
    }
    expect(emailsIn(pages)).toEqual(emails.toSorted());
    const refusing = pages.slice(1).flatMap(({ contacts }) => contacts.filter(({ refusals }) => refusals.length > 0));
    expect(new Set(refusing.map(({ remoteId }) => remoteId)).size).toBe(20);
  });

  test('who was archived is in a list of its own', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4712', RUI));
    await mailchimp.control.backdoor({ do: 'archive', member: hashOf('ana@clube.example') });
    expect(emailsIn(await poll('archived', null))).toEqual(['ana@clube.example']);
    const [page] = await poll('archived', null);
    expect(page?.contacts).toMatchObject([{ emsKey: '4711', refusals: [{ channel: 'email', reason: 'archived' }] }]);
  });
});

describe('complaints', () => {
  test('are who called a mail spam since, but for who has signed up again', async () => {
    for (const email of ['spam@clube.example', 'again@clube.example']) {
      await create(email);
      await mailchimp.control.backdoor({ do: 'complain', member: hashOf(email) });
    }
    await mailchimp.control.backdoor({ do: 'sign-up', email: 'again@clube.example' });
    const [page] = await poll('complaints', null);
    expect(page?.contacts).toEqual([
      {
        remoteId: hashOf('spam@clube.example'),
        emsKey: null,
        addresses: { email: 'spam@clube.example' },
        refusals: [{ channel: 'email', reason: 'complained' }],
        modifiedOn: page?.seenUpTo,
        isReport: true,
      },
    ]);
    const later = Temporal.Instant.from(page?.seenUpTo ?? '')
      .add({ hours: 1 })
      .toString();
    expect((await poll('complaints', later)).flatMap(({ contacts }) => contacts)).toEqual([]);
  });
});

test('a member that fits no contract is counted, and keeps none of the others back', async () => {
  const whole = { id: hashOf('ana@clube.example'), email_address: 'ana@clube.example', status: 'subscribed' };
  const members = [
    { ...whole, last_changed: '2027-01-01T10:00:00+00:00' },
    { ...whole, id: 'short' },
    null,
    { ...whole, last_changed: 'yesterday' },
  ];
  await mailchimp.control.setFaults({ respond: { status: 200, body: { members, total_items: 4 } } });
  const page = await source().list({ scope: 'members', since: null, page: null });
  expect(page).toMatchObject({ malformed: 2, next: null });
  expect(page.contacts.map(({ modifiedOn }) => modifiedOn === null)).toEqual([false, true]);
});

test('a page that cannot be read is no empty one', async () => {
  await mailchimp.control.setFaults({ respond: { status: 200, body: { total_items: 0 } } });
  expect(await failureOf(source().list({ scope: 'members', since: null, page: null }))).toMatchObject({
    errorClass: 'contract',
  });
});
