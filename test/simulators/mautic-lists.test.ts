import { beforeEach, describe, expect, test } from '@jest/globals';
import { mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const HOUR = 3_600_000;

/** The ids that a query finds, in the order of the raw text: JSON.parse would sort them. */
const list = async (query: string): Promise<{ ids: number[]; total: string; status: number }> => {
  const response = await mautic.call('GET', `/contacts?${query}`);
  const text = await response.text();
  const ids = [...text.matchAll(/"(\d+)":\{"isPublished"/g)].map(([, id]) => Number(id));
  const { total } = JSON.parse(text) as { total: string };
  return { ids, total, status: response.status };
};

const where = (...statements: readonly (readonly [col: string, expr: string, val?: string])[]): string =>
  new URLSearchParams(
    statements.flatMap(([col, expr, val], index) => [
      [`where[${index}][col]`, col],
      [`where[${index}][expr]`, expr],
      ...(val === undefined ? [] : [[`where[${index}][val]`, val]]),
    ]),
  ).toString();

const utc = (offset: number): string => new Date(Date.now() + offset).toISOString().slice(0, 19).replace('T', ' ');

describe('of nobody', () => {
  test('contacts are an object without keys and the total is a text', async () => {
    expect((await mautic.ask('GET', '/contacts')).body).toEqual({ total: '0', contacts: {} });
  });
});

describe('of three', () => {
  beforeEach(async () => {
    await mautic.create({ email: 'ana@clube.example', firstname: 'Ana', city: 'Porto', ems_person_id: 'per_1' });
    await mautic.control.setClock(HOUR);
    await mautic.create({ email: 'joana@clube.example', firstname: 'Joana', ems_person_id: 'per_2' });
    await mautic.control.setClock(2 * HOUR);
    await mautic.create({ email: 'rui@clube.example', firstname: 'Rui', city: 'porto', ems_person_id: 'per_11' });
  });

  test('contacts are keyed by id', async () => {
    const { body } = await mautic.ask('GET', '/contacts');
    expect([body.total, Object.keys(body.contacts)]).toEqual(['3', ['1', '2', '3']]);
  });

  test.each([
    ['start=1&limit=1', [2]],
    ['limit=2', [1, 2]],
    ['start=3', []],
    ['orderBy=firstname&orderByDir=desc', [3, 2, 1]],
    ['orderBy=date_added&orderByDir=DESC&limit=2', [3, 2]],
    ['orderBy=l.city', [2, 1, 3]],
    [where(['email', 'eq', 'ANA@clube.example']), [1]],
    [where(['firstname', 'neq', 'Ana']), [2, 3]],
    [where(['ems_person_id', 'in', 'per_1,per_11']), [1, 3]],
    [where(['ems_person_id', 'notIn', 'per_1,per_11']), [2]],
    [where(['id', 'gt', '1'], ['id', 'lt', '3']), [2]],
    [where(['id', 'gte', '2']), [2, 3]],
    [where(['id', 'lte', '2']), [1, 2]],
    [where(['city', 'isNull']), [2]],
    [where(['city', 'isNotNull']), [1, 3]],
    [where(['email', 'like', '%oana%']), [2]],
    ['where[0][col]=id&where[0][expr]=in&where[0][val][]=1&where[0][val][]=3', [1, 3]],
    [
      'where[0][expr]=orX&where[0][val][0][col]=firstname&where[0][val][0][expr]=eq&where[0][val][0][val]=Ana' +
        '&where[0][val][1][col]=firstname&where[0][val][1][expr]=eq&where[0][val][1][val]=Rui',
      [1, 3],
    ],
    ['search=email:ana@clube.example', [1, 2]],
    ['search=%2Bemail:ana@clube.example', [1]],
    ['search=email:"ana@clube.example"', [1]],
    ['search=ems_person_id:per_1', [1, 3]],
    ['search=!email:ana@clube.example', [3]],
    ['search=ids:1,3', [1, 3]],
    ['search=porto', [1, 3]],
    ['search=firstname:ana%20city:porto', [1]],
    ['search=is:anonymous', []],
  ])('%s', async (query, ids) => {
    expect((await list(query)).ids).toEqual(ids);
  });

  test('what changed since a time is asked in two queries: without an edit there is no dateModified', async () => {
    await mautic.ask('PATCH', '/contacts/1/edit', { city: 'Braga' });
    const since = utc(HOUR - 60_000);
    expect((await list(where(['dateModified', 'gte', since]))).ids).toEqual([1]);
    expect((await list(where(['dateAdded', 'gte', since]))).ids).toEqual([2, 3]);
    expect((await list(where(['date_modified', 'isNull']))).ids).toEqual([2, 3]);
  });

  test('an expression that it does not know filters nothing; a zone is passed over; blanks at the end count for nothing', async () => {
    const all = (await list('')).ids;
    expect((await list(where(['email', 'is', 'x']))).ids).toEqual(all);
    expect((await list(where(['dateAdded', 'gte', '2026-09-01T10:00:00Z']))).ids).toEqual(
      (await list(where(['dateAdded', 'gte', '2026-09-01 10:00:00']))).ids,
    );
    const { id } = await mautic.create({ email: 'blank@clube.example' });
    expect((await list(where(['email', 'eq', 'blank@clube.example ']))).ids).toEqual([id]);
  });

  test.each([
    ['orderBy=dateModified', 'dateModified'],
    [where(['shoe_size', 'eq', '42']), 'shoe_size'],
    [where(['dateModified', 'gte', 'yesterday']), 'no time'],
    ['where[0]=x', 'col, expr and val'],
  ])('%s is a 500 that says nothing, but the journal does', async (query, reason) => {
    const { status, body } = await mautic.ask('GET', `/contacts?${query}`);
    expect([status, body.errors[0].message]).toEqual([500, expect.stringContaining('error #500')]);
    const [entry] = (await mautic.control.journal()).slice(-1);
    expect(entry?.outcome).toContain(reason);
  });

  test('the total is of a few seconds ago', async () => {
    expect((await list('limit=1')).total).toBe('3');
    await mautic.create({ firstname: 'Eva' });
    expect(await list('limit=100')).toMatchObject({ total: '3', ids: [1, 2, 3, 4] });
    expect((await list('search=eva')).total).toBe('1');
    await mautic.control.setClock(2 * HOUR + 6_000);
    expect((await list('limit=1')).total).toBe('4');
  });

  test('a list may be behind, a single contact never is', async () => {
    await mautic.control.setFaults({ readLag: { ms: 30_000 } });
    const { id } = await mautic.create({ firstname: 'Eva' });
    await mautic.ask('PATCH', '/contacts/1/edit', { firstname: 'Anabela' });
    expect((await list('')).ids).toEqual([1, 2]);
    expect((await list('search=anabela')).ids).toEqual([]);
    expect((await mautic.read(id)).id).toBe(id);
    await mautic.control.setClock(2 * HOUR + 31_000);
    expect((await list('')).ids).toEqual([1, 2, 3, 4]);
  });
});
