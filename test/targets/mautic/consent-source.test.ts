import { describe, expect, test } from '@jest/globals';
import type { ConsentPage, ConsentSource, ContactConsent } from '../../../targets/consent-source.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, mauticUnderTest, OPTED_OUT } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const HOUR_MS = 3_600_000;

const source = (): ConsentSource => {
  const { consent } = mautic.remote();
  if (consent === undefined) throw new Error('consent is read back');
  return consent;
};

/** All pages of a scope, as a poll reads them; for `changed`, includes added contacts. */
async function poll(scope: string, since: string | null, by = source()): Promise<readonly ConsentPage[]> {
  if (scope === 'changed') return [...(await pagesOf('changed', since, by)), ...(await pagesOf('added', since, by))];
  return pagesOf(scope, since, by);
}

async function pagesOf(scope: string, since: string | null, by: ConsentSource): Promise<readonly ConsentPage[]> {
  const pages: ConsentPage[] = [];
  let page: string | null = null;
  do {
    const read: ConsentPage = await by.list({ scope, since, page });
    pages.push(read);
    page = read.next;
  } while (page !== null && pages.length < 100);
  return pages;
}

const contactsIn = (pages: readonly ConsentPage[]): readonly ContactConsent[] =>
  pages.flatMap(({ contacts }) => contacts);

const idsIn = (pages: readonly ConsentPage[]) =>
  [...new Set(contactsIn(pages).map(({ remoteId }) => Number(remoteId)))].toSorted((one, other) => one - other);

const create = async (email: string, more = {}) =>
  (await mautic.control.backdoor({ do: 'create-contact', set: { email, ...more } })).contact;

/** Created like an import: all of them have the same time. */
const createMany = async (count: number) =>
  (await mautic.control.backdoor({ do: 'seed-duplicates', set: { lastname: 'Silva' }, count })).contacts;

describe('a contact', () => {
  test('tells its addresses, whose it is, and what it has refused, but for what EMS has', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT }));
    const contact = Number(remoteId);
    const common = {
      remoteId,
      emsKey: '4711',
      addresses: { email: 'ana@clube.example', sms: '+351912345678', written: '+351912345678' },
      modifiedOn: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    };
    expect(await source().fetch(remoteId)).toEqual({ ...common, refusals: [], own: ['email'] });
    await mautic.control.backdoor({ do: 'allow-contact', contact, channel: 'email' });
    await mautic.control.backdoor({ do: 'bounce', contact });
    await mautic.control.backdoor({ do: 'do-not-contact', contact, channel: 'sms' });
    await mautic.control.backdoor({ do: 'unsubscribe', contact, channel: 'notification' });
    expect(await source().fetch(remoteId)).toEqual({
      ...common,
      own: [],
      refusals: [
        { channel: 'email', reason: 'bounced' },
        { channel: 'sms', reason: 'manual' },
      ],
    });
  });

  test.each(['0', '-1', '1.5', 'Ana', '99999999999999999999', '007'])(
    'with %j for an EMS id is nobody’s',
    async (id) => {
      const contact = await create('ana@clube.example', { ems_person_id: id });
      expect(await source().fetch(`${contact}`)).toMatchObject({ emsKey: null });
    },
  );

  test('without addresses has none, and one that is gone is null', async () => {
    const contact = await create('ana@clube.example', { email: null, lastname: 'Silva' });
    expect(await source().fetch(`${contact}`)).toMatchObject({ addresses: { email: null, sms: null }, refusals: [] });
    expect(await source().fetch('77')).toBeNull();
  });
});

describe('what has changed', () => {
  test('is whoever was edited or added since; the first time everybody', async () => {
    const old = await create('old@clube.example');
    const edited = await create('edited@clube.example');
    await mautic.control.setClock(HOUR_MS);
    const added = await create('added@clube.example');
    await mautic.control.backdoor({ do: 'edit-contact', contact: edited, set: { city: 'Faro' } });
    expect(idsIn(await poll('changed', null))).toEqual([old, edited, added]);
    const [page] = await poll('changed', null);
    const since = page?.seenUpTo ?? '';
    expect(since).toBe((await source().fetch(`${edited}`))?.modifiedOn);
    expect(idsIn(await poll('changed', since))).toEqual([edited, added]);
  });

  test('is found by a time with any offset, to the second', async () => {
    const contact = await create('ana@clube.example');
    const time = (await source().fetch(`${contact}`))?.modifiedOn ?? '';
    const lisbon = Temporal.Instant.from(time).add({ milliseconds: 900 }).toString({ timeZone: 'Asia/Tokyo' });
    expect(idsIn(await poll('changed', lisbon))).toEqual([contact]);
  });

  test('is read to its end, also if more than a page has one time', async () => {
    const contacts = await createMany(450);
    await mautic.control.setClock(HOUR_MS);
    const later = await createMany(250);
    expect(idsIn(await poll('changed', null))).toHaveLength(contacts.length + later.length);
  });

  test('skips nobody although contacts that are edited meanwhile leave their place in the list', async () => {
    const contacts: number[] = [];
    for (const hour of [1, 2, 3]) {
      await mautic.control.setClock(hour * HOUR_MS);
      contacts.push(...(await createMany(150)));
    }
    for (const contact of contacts)
      await mautic.control.backdoor({ do: 'edit-contact', contact, set: { city: 'Faro' } });
    const first = await source().list({ scope: 'changed', since: null, page: null });
    await mautic.control.setClock(9 * HOUR_MS);
    for (const contact of contacts.slice(0, 100))
      await mautic.control.backdoor({ do: 'edit-contact', contact, set: { city: 'Porto' } });
    const pages = [first];
    for (let page = first.next; page !== null; page = pages.at(-1)?.next ?? null)
      pages.push(await source().list({ scope: 'changed', since: null, page }));
    expect(idsIn(pages)).toHaveLength(contacts.length);
  });
});

describe('all contacts', () => {
  test('are looked at in turn: what no modified time tells is found all the same', async () => {
    await mautic.control.setSettings({ doNotContactBumpsDateModified: false });
    const contact = await create('ana@clube.example');
    await mautic.control.setClock(HOUR_MS);
    await mautic.control.backdoor({ do: 'unsubscribe', contact });
    const since = await source().fetch(`${contact}`);
    expect(
      idsIn(
        await poll(
          'changed',
          Temporal.Instant.from(since?.modifiedOn ?? '')
            .add({ hours: 1 })
            .toString(),
        ),
      ),
    ).toEqual([]);
    const pages = await poll('all', null);
    expect(contactsIn(pages)).toMatchObject([{ refusals: [{ channel: 'email', reason: 'unsubscribed' }] }]);
    expect(pages.map(({ seenUpTo }) => seenUpTo)).toEqual([null]);
  });

  test('are a thousand in each poll, and the next goes on from there, round and round', async () => {
    const contacts = await createMany(1_300);
    const by = source();
    const rounds = [await poll('all', null, by), await poll('all', null, by), await poll('all', null, by)].map(idsIn);
    expect(rounds.map(({ length }) => length)).toEqual([1_000, 300, 1_000]);
    expect([...(rounds[0] ?? []), ...(rounds[1] ?? [])].toSorted((one, other) => one - other)).toEqual(contacts);
  });
});

test('a contact that fits no contract is counted, and keeps none of the others back', async () => {
  const contact = await create('ana@clube.example');
  const whole = {
    id: contact,
    dateAdded: '2027-01-01T10:00:00+00:00',
    doNotContact: [],
    fields: { all: { email: 'ana@clube.example' } },
  };
  const body = {
    total: '5',
    contacts: {
      1: whole,
      2: { id: 2 },
      3: null,
      4: { ...whole, id: 4, dateAdded: 'yesterday' },
      5: { ...whole, id: 'five' },
      // A missing do-not-contact does not mean that nothing is refused.
      6: { ...whole, id: 6, doNotContact: undefined },
    },
  };
  await mautic.control.setFaults({ respond: { status: 200, body } });
  for (const scope of ['changed', 'added', 'all']) {
    const page = await source().list({ scope, since: null, page: null });
    expect(page.contacts.map(({ remoteId, modifiedOn }) => [remoteId, modifiedOn === null])).toEqual([
      ['1', false],
      ['4', true],
    ]);
    expect(page.malformed).toBe(4);
  }
});

test('a page that cannot be read is no empty one', async () => {
  await mautic.control.setFaults({ respond: { status: 200, body: { total: '0' } } });
  expect(await failureOf(source().list({ scope: 'changed', since: null, page: null }))).toMatchObject({
    errorClass: 'contract',
  });
});
