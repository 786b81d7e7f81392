import { describe, expect, test } from '@jest/globals';
import { type ContactAnswer, chatwootUnderTest } from './chatwoot-under-test.ts';

const chatwoot = chatwootUnderTest();

const createMany = async (count: number): Promise<void> => {
  for (let nth = 1; nth <= count; nth += 1) {
    await chatwoot.control.backdoor({ do: 'create-contact', set: { identifier: `per_${nth}`, name: `Person ${nth}` } });
  }
};

const idsOf = async (path: string): Promise<number[]> =>
  (await chatwoot.ask('GET', path)).body.payload.map(({ id }: ContactAnswer) => id);

const scan = async (query: string): Promise<number[]> =>
  (await Promise.all([1, 2, 3].map((page) => idsOf(`/contacts?page=${page}${query}`)))).flat();

const filterFor = async (attribute_key: string, filter_operator: string, values: unknown[]) =>
  chatwoot.ask('POST', '/contacts/filter', {
    payload: [{ attribute_key, filter_operator, values, query_operator: null }],
  });

const namesBy = async (...filter: Parameters<typeof filterFor>): Promise<string[]> =>
  (await filterFor(...filter)).body.payload.map(({ name }: ContactAnswer) => name).toSorted();

const condition = (attribute_key: string, value: string, query_operator: string | null) => ({
  attribute_key,
  filter_operator: 'equal_to',
  values: [value],
  query_operator,
});

/** A calendar day in UTC, `offset` days from now. */
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

/** The number of contacts that a search finds. */
const found = async (q: string) => (await idsOf(`/contacts/search?q=${encodeURIComponent(q)}`)).length;

describe('the list', () => {
  test('has 15 a page in order of creation, and none beyond the end', async () => {
    await createMany(32);
    const first = await chatwoot.ask('GET', '/contacts?sort=created_at');
    expect(first.body.meta).toEqual({ count: 32, current_page: 1 });
    expect(first.body.payload).toHaveLength(15);
    expect(await scan('&sort=created_at')).toEqual(Array.from({ length: 32 }, (_, at) => at + 1));
    expect(await idsOf('/contacts?page=1&sort=-created_at')).toEqual(Array.from({ length: 15 }, (_, at) => 32 - at));
    expect((await chatwoot.ask('GET', '/contacts?page=4&sort=created_at')).body).toEqual({
      meta: { count: 32, current_page: '4' },
      payload: [],
    });
  });

  test('has no order without sort: a scan of it misses some', async () => {
    await createMany(40);
    expect(new Set(await scan('')).size).toBeLessThan(40);
  });

  test('sorts by last activity, those without any after it, in no order', async () => {
    await createMany(20);
    await chatwoot.control.backdoor({ do: 'customer-writes', contact: 7, content: 'Olá' });
    await chatwoot.control.setClock(60_000);
    await chatwoot.control.backdoor({ do: 'customer-writes', contact: 4, content: 'Olá' });
    const [newest, second] = await idsOf('/contacts?sort=-last_activity_at');
    expect([newest, second]).toEqual([4, 7]);
    expect((await idsOf('/contacts?sort=last_activity_at')).slice(0, 2)).toEqual([7, 4]);
  });

  test('neither list nor filter shows who has no e-mail, phone or identifier; search does', async () => {
    await chatwoot.createContact({ name: 'Nobody' });
    await chatwoot.createContact({ name: 'Nobody known', phone_number: '+351912345678' });
    expect(await idsOf('/contacts?sort=created_at')).toEqual([2]);
    expect(await namesBy('name', 'contains', ['Nobody'])).toEqual(['Nobody known']);
    expect(new Set(await idsOf('/contacts/search?q=nobody'))).toEqual(new Set([1, 2]));
  });

  test('lags behind by as much as asked, while single contacts do not', async () => {
    const { id } = await chatwoot.createContact({ name: 'Before', email: 'a@club.example' });
    await chatwoot.control.setClock(20_000);
    await chatwoot.ask('PUT', `/contacts/${id}`, { name: 'After' });
    await chatwoot.createContact({ name: 'New', email: 'b@club.example' });
    await chatwoot.control.setFaults({ readLag: { ms: 10_000 } });
    const names = async () =>
      (await chatwoot.ask('GET', '/contacts?sort=created_at')).body.payload.map(({ name }: ContactAnswer) => name);
    expect(await names()).toEqual(['Before']);
    expect(await namesBy('email', 'equal_to', ['b@club.example'])).toEqual([]);
    expect((await chatwoot.contact(id)).name).toBe('After');
    await chatwoot.control.setClock(40_000);
    expect(await names()).toEqual(['After', 'New']);
  });
});

describe('the filter', () => {
  test('compares in lower case, also identifiers', async () => {
    await chatwoot.createContact({ name: 'Lower', identifier: 'per_a', email: 'ana@club.example' });
    await chatwoot.createContact({ name: 'Upper', identifier: 'PER_A', phone_number: '+351912345678' });
    expect(await namesBy('identifier', 'equal_to', ['Per_A'])).toEqual(['Lower', 'Upper']);
    expect(await namesBy('email', 'equal_to', ['ANA@club.example'])).toEqual(['Lower']);
    expect(await namesBy('phone_number', 'equal_to', ['351912345678'])).toEqual(['Upper']);
    expect(await namesBy('email', 'is_not_present', [])).toEqual(['Upper']);
    expect(await namesBy('name', 'equal_to', ['upper', 'lower'])).toEqual(['Upper']);
  });

  test('AND binds before OR', async () => {
    for (const [name, city] of [
      ['A', 'Porto'],
      ['B', 'Porto'],
      ['C', 'Faro'],
    ]) {
      await chatwoot.createContact({ name, identifier: name, additional_attributes: { city } });
    }
    const { body } = await chatwoot.ask('POST', '/contacts/filter?sort=name', {
      payload: [condition('name', 'c', 'OR'), condition('city', 'porto', 'AND'), condition('name', 'b', null)],
    });
    expect(body.payload.map(({ name }: ContactAnswer) => name)).toEqual(['B', 'C']);
    expect(body.meta.count).toBe(2);
  });

  test('dates are compared by the day', async () => {
    await chatwoot.createContact({ name: 'Now', identifier: 'now' });
    expect(await namesBy('created_at', 'is_greater_than', [day(-1)])).toEqual(['Now']);
    expect(await namesBy('created_at', 'is_greater_than', [day(0)])).toEqual([]);
    expect(await namesBy('created_at', 'is_less_than', [day(1)])).toEqual(['Now']);
  });

  test('a custom attribute can be filtered by only once it is defined; updated_at never', async () => {
    await chatwoot.createContact({ name: 'Member', identifier: '1', custom_attributes: { ems_club: 'North' } });
    expect((await filterFor('ems_club', 'equal_to', ['north'])).status).toBe(422);
    await chatwoot.ask('POST', '/custom_attribute_definitions', {
      attribute_key: 'ems_club',
      attribute_display_name: 'Club',
      attribute_display_type: 0,
      attribute_model: 1,
    });
    expect(await namesBy('ems_club', 'equal_to', ['north'])).toEqual(['Member']);
    expect((await filterFor('updated_at', 'is_greater_than', ['2026-01-01'])).body.error).toMatch(
      /Invalid attribute key/,
    );
  });
});

describe('search', () => {
  test('finds parts of name, e-mail and phone in any case, of the identifier in this one; % and _ are wildcards', async () => {
    await chatwoot.createContact({ name: 'Zoë Example', email: 'zoe@club.example', identifier: 'Per_77' });
    expect([await found('ZOË'), await found('CLUB'), await found('Per_77'), await found('per_77')]).toEqual([
      1, 1, 1, 0,
    ]);
    expect([await found('z%ple'), await found('zo_ ex'), await found('zo.')]).toEqual([1, 1, 0]);
    expect(await chatwoot.ask('GET', '/contacts/search?q=')).toEqual({
      status: 422,
      body: { error: 'Specify search string with parameter q' },
    });
  });

  test('says whether there is more', async () => {
    await createMany(16);
    expect((await chatwoot.ask('GET', '/contacts/search?q=person&sort=name')).body.meta.has_more).toBe(true);
    expect((await chatwoot.ask('GET', '/contacts/search?q=person&sort=name&page=2')).body).toMatchObject({
      meta: { has_more: false, current_page: '2' },
      payload: [{ name: 'Person 9' }],
    });
  });

  test('is refused from the 101st in a minute on, in plain text; all else goes on', async () => {
    // Move to mid-minute, so that a hundred searches fall into one minute.
    await chatwoot.control.setClock(30_000 - (Date.now() % 60_000));
    const statuses = new Set<number>();
    for (let nth = 0; nth < 100; nth += 1) statuses.add((await chatwoot.call('GET', '/contacts/search?q=a')).status);
    expect(statuses).toEqual(new Set([200]));
    const refused = await chatwoot.call('GET', '/contacts/search?q=a');
    expect([refused.status, await refused.text()]).toEqual([429, 'Retry later\n']);
    expect(refused.headers.get('content-type')).toMatch(/^text\/plain/);
    expect((await chatwoot.call('GET', '/contacts')).status).toBe(200);
    await chatwoot.control.setClock(90_000 - (Date.now() % 60_000));
    expect((await chatwoot.call('GET', '/contacts/search?q=a')).status).toBe(200);
  });
});
