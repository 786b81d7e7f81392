import { describe, expect, test } from '@jest/globals';
import { waitUntil } from '../wait-until.ts';
import { mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

/** Waits until Mautic holds a call. */
const isUnderWay = () =>
  waitUntil({ what: 'a call under way' }, async () => (await mautic.control.concurrency()).current > 0);

const ids = async () => Object.keys((await mautic.control.state()).contacts).map(Number);

const notUnique = (...aliases: readonly string[]) => ({
  status: 422,
  body: {
    errors: [
      {
        code: 422,
        message: aliases.map((alias) => `${alias}: This field must be unique.`).join(', '),
        details: Object.fromEntries(aliases.map((alias) => [alias, ['This field must be unique.']])),
      },
    ],
  },
});

describe('version 5', () => {
  test('refuses an e-mail that somebody else has, whatever its case', async () => {
    await mautic.create({ email: 'ana@clube.example' });
    const { id } = await mautic.create({ email: 'bea@clube.example' });
    expect(await mautic.ask('PATCH', `/contacts/${id}/edit`, { email: 'ANA@clube.example' })).toEqual(
      notUnique('email'),
    );
    expect((await mautic.valuesOf(id))['email']).toBe('bea@clube.example');
  });

  test('refuses a POST whose identifiers are of two contacts', async () => {
    await mautic.create({ email: 'ana@clube.example', ems_person_id: 'per_1' });
    await mautic.create({ email: 'bea@clube.example', ems_person_id: 'per_2' });
    const sent = { email: 'ana@clube.example', ems_person_id: 'per_2' };
    expect(await mautic.ask('POST', '/contacts/new', sent)).toEqual(notUnique('email'));
  });

  test('refuses a contact that has a double, for ever', async () => {
    const set = { email: 'ana@clube.example' };
    const { contacts } = await mautic.control.backdoor({ do: 'seed-duplicates', set });
    const sent = { ...set, city: 'Porto' };
    for (const id of contacts) {
      expect(await mautic.ask('PATCH', `/contacts/${id}/edit`, sent)).toEqual(notUnique('email'));
    }
    expect(await mautic.ask('POST', '/contacts/new', sent)).toEqual(notUnique('email'));
    expect((await mautic.ask('POST', '/contacts/batch/new', [sent])).body.statusCodes).toEqual([422]);
    // An edit without an e-mail is not checked.
    expect((await mautic.ask('PATCH', `/contacts/${contacts[0]}/edit`, { city: 'Porto' })).status).toBe(200);
    await mautic.control.backdoor({ do: 'delete-contact', contact: contacts[1] ?? 0 });
    expect((await mautic.ask('POST', '/contacts/new', sent)).status).toBe(200);
  });

  test('says 422 for what is not unique, also where something else is wrong', async () => {
    await mautic.create({ email: 'ana@clube.example' });
    const { id } = await mautic.create({ firstname: 'Bea' });
    const sent = { email: 'ana@clube.example', country: 'PT' };
    const { status, body } = await mautic.ask('PATCH', `/contacts/${id}/edit`, sent);
    expect([status, Object.keys(body.errors[0].details)]).toEqual([422, ['country', 'email']]);
  });
});

describe('version 4', () => {
  test('says so, and makes one contact of two: the older stays, whichever was asked for', async () => {
    await mautic.control.setSettings({ version: '4' });
    const older = await mautic.create({ email: 'ana@clube.example', city: 'Porto', tags: ['old'] });
    await mautic.control.setClock(60_000);
    const newer = await mautic.create({ email: 'bea@clube.example', firstname: 'Bea', tags: ['new'] });
    const response = await mautic.call('PATCH', `/contacts/${newer.id}/edit`, { email: 'ana@clube.example' });
    expect([response.status, response.headers.get('mautic-version')]).toEqual([200, '4.4.10']);
    const { contact } = (await response.json()) as { contact: { id: number; tags: { tag: string }[] } };
    expect(contact.id).toBe(older.id);
    expect(contact.tags.map(({ tag }) => tag)).toEqual(['old', 'new']);
    expect(await mautic.valuesOf(older.id)).toMatchObject({
      email: 'ana@clube.example',
      city: 'Porto',
      firstname: 'Bea',
    });
    expect((await mautic.read(newer.id)).id).toBe(older.id);
    expect(await ids()).toEqual([older.id]);
  });

  test('merges by a POST, too, and takes the newest for the first match', async () => {
    await mautic.control.setSettings({ version: '4' });
    await mautic.create({ email: 'ana@clube.example', ems_person_id: 'per_1' });
    await mautic.create({ email: 'bea@clube.example', ems_person_id: 'per_2' });
    const sent = { email: 'ana@clube.example', ems_person_id: 'per_2' };
    const { status, body } = await mautic.ask('POST', '/contacts/new', sent);
    expect([status, body.contact.id, await ids()]).toEqual([200, 1, [1]]);
    expect(body.contact.fields.all).toMatchObject(sent);
  });

  test('forgets what the one that goes had refused, unless the setting says otherwise', async () => {
    await mautic.control.setSettings({ version: '4' });
    const merge = async (address: string) => {
      const { id } = await mautic.create({ email: address });
      await mautic.control.setClock(60_000);
      const { id: gone } = await mautic.create({ email: `x${address}` });
      await mautic.control.backdoor({ do: 'unsubscribe', contact: gone });
      await mautic.ask('PATCH', `/contacts/${gone}/edit`, { email: address });
      await mautic.control.setClock(0);
      return (await mautic.read(id)).doNotContact.map(({ reason }) => reason);
    };
    expect(await merge('ana@clube.example')).toEqual([]);
    await mautic.control.setSettings({ mergeKeepsDoNotContact: true });
    expect(await merge('bea@clube.example')).toEqual([1]);
  });
});

describe('at once', () => {
  test.each(['4', '5'] as const)('two creates of one e-mail make two contacts, in version %s', async (version) => {
    await mautic.control.setSettings({ version });
    const create = () => mautic.ask('POST', '/contacts/new', { email: 'ana@clube.example' });
    // Wide enough for a busy machine.
    await mautic.control.setFaults({ slowCommit: { ms: 1_000, times: 2 } });
    const answers = await Promise.all([create(), create()]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(await ids()).toEqual([1, 2]);
    expect((await create()).status).toBe(version === '5' ? 422 : 200);
    expect(await ids()).toEqual(version === '5' ? [1, 2] : [1]);
  });

  test('a knob widens the moment', async () => {
    await mautic.control.setFaults({ slowCommit: { ms: 1_500, times: 1 } });
    const slow = mautic.ask('POST', '/contacts/new', { email: 'ana@clube.example' });
    await isUnderWay();
    const quick = await mautic.ask('POST', '/contacts/new', { email: 'ana@clube.example' });
    expect([quick.status, (await slow).status]).toEqual([201, 201]);
  });

  test('one that is deleted meanwhile is answered as if it was written', async () => {
    const { id } = await mautic.create({ email: 'ana@clube.example' });
    await mautic.control.setFaults({ slowCommit: { ms: 1_500, times: 1 } });
    const late = mautic.ask('PATCH', `/contacts/${id}/edit`, { city: 'Porto' });
    await isUnderWay();
    await mautic.control.backdoor({ do: 'delete-contact', contact: id });
    expect((await late).status).toBe(200);
    expect(await ids()).toEqual([]);
  });
});
