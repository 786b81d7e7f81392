import { describe, expect, test } from '@jest/globals';
import { mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const BAD = { email: 'bad' };

describe('batch/new', () => {
  test('is 201 with a status for each; contacts and errors are objects where an index is missing', async () => {
    const known = await mautic.create({ email: 'ana@clube.example', city: 'Porto' });
    const items = [{ email: 'ana@clube.example', city: 'Braga' }, BAD, { email: 'bea@clube.example' }];
    const { status, body } = await mautic.ask('POST', '/contacts/batch/new', items);
    expect(status).toBe(201);
    expect(body.statusCodes).toEqual([200, 400, 201]);
    expect(body.contacts).toEqual({
      0: expect.objectContaining({ id: known.id }),
      2: expect.objectContaining({ id: known.id + 1 }),
    });
    expect(body.errors).toEqual({
      1: expect.objectContaining({
        code: 400,
        message: 'email: "bad" is invalid.',
        details: { email: ['"bad" is invalid.'] },
        type: null,
      }),
    });
    const [last] = (await mautic.control.journal()).slice(-1);
    expect(last?.outcome).toBe('1 updated, 1 refused, 1 created');
  });

  test('contacts are a list where only the last fails, errors where the first does', async () => {
    const last = await mautic.ask('POST', '/contacts/batch/new', [{ email: 'ana@clube.example' }, BAD]);
    expect([Array.isArray(last.body.contacts), Array.isArray(last.body.errors)]).toEqual([true, false]);
    const first = await mautic.ask('POST', '/contacts/batch/new', [BAD, { email: 'bea@clube.example' }]);
    expect([Array.isArray(first.body.contacts), Array.isArray(first.body.errors)]).toEqual([false, true]);
    const none = await mautic.ask('POST', '/contacts/batch/new', [BAD]);
    expect(none.body.contacts).toEqual([]);
    const all = await mautic.ask('POST', '/contacts/batch/new', [{ email: 'eva@clube.example' }]);
    expect(all.body).not.toHaveProperty('errors');
  });

  test('knows what an item before has made', async () => {
    const item = { email: 'ana@clube.example' };
    const { body } = await mautic.ask('POST', '/contacts/batch/new', [item, item]);
    expect([body.statusCodes, body.contacts[1].id]).toEqual([[201, 200], body.contacts[0].id]);
  });

  test('of 200 is taken, of 201 is a 500 and does nothing', async () => {
    const items = Array.from({ length: 201 }, (_, nth) => ({ email: `p${nth}@clube.example` }));
    const { status, body } = await mautic.ask('POST', '/contacts/batch/new', items);
    expect([status, body.errors[0].message]).toEqual([500, expect.stringContaining('200')]);
    expect((await mautic.control.state()).contacts).toEqual({});
    const { body: taken } = await mautic.ask('POST', '/contacts/batch/new', items.slice(1));
    expect(new Set(taken.statusCodes)).toEqual(new Set([201]));
  });

  test.each([[{ email: 'ana@clube.example' }], [['ana@clube.example']]])(
    'of what is no list of contacts is a 500: %j',
    async (body) => {
      expect((await mautic.ask('POST', '/contacts/batch/new', body)).status).toBe(500);
      expect((await mautic.control.state()).contacts).toEqual({});
    },
  );

  test('drops zero and keeps what is not sent, as a single PATCH', async () => {
    const { id } = await mautic.create({ email: 'ana@clube.example', city: 'Porto', zipcode: '4000' });
    await mautic.ask('POST', '/contacts/batch/new', [{ email: 'ana@clube.example', zipcode: '0' }]);
    expect(await mautic.valuesOf(id)).toMatchObject({ city: 'Porto', zipcode: '4000' });
  });
});

describe('batch/edit', () => {
  test('by PATCH is 200, with 404 for who is missing', async () => {
    const { id } = await mautic.create({ email: 'ana@clube.example' });
    const items = [{ id, city: 'Porto' }, { id: 99, city: 'Porto' }, { city: 'Porto' }];
    const { status, body } = await mautic.ask('PATCH', '/contacts/batch/edit', items);
    expect([status, body.statusCodes]).toEqual([200, [200, 404, 404]]);
    expect(body.errors['1']).toEqual({ code: 404, message: 'Item was not found.', type: 'api' });
    expect((await mautic.valuesOf(id))['city']).toBe('Porto');
  });

  test('by PUT makes who is missing, and blanks what is left out', async () => {
    const { id } = await mautic.create({ email: 'ana@clube.example', city: 'Porto' });
    const items = [
      { id, email: 'ana@clube.example' },
      { id: 99, firstname: 'Bea' },
    ];
    const { body } = await mautic.ask('PUT', '/contacts/batch/edit', items);
    expect([body.statusCodes, body.contacts.length]).toEqual([[200, 201], 2]);
    expect((await mautic.valuesOf(id))['city']).toBeNull();
  });
});

describe('batch/delete', () => {
  test('answers those that were there, with their ids, and errors for the others', async () => {
    const { id } = await mautic.create({ email: 'ana@clube.example' });
    const { status, body } = await mautic.ask('DELETE', `/contacts/batch/delete?ids=${id},99`);
    expect([status, body.contacts[0].id, Object.keys(body.errors)]).toEqual([200, id, ['1']]);
    expect((await mautic.control.state()).contacts).toEqual({});
  });
});
