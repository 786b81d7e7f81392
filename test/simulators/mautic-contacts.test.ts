import { describe, expect, test } from '@jest/globals';
import { mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const ana = { firstname: 'Ana', lastname: 'Silva', email: 'Ana.Silva@clube.example', ems_person_id: 'per_1' };

const post = (type: string, body: string) =>
  fetch(`${mautic.started.url}/api/contacts/new`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('ems:mautic-password')}`, 'content-type': type },
    body,
  });

const messageOf = async (sent: object): Promise<string> =>
  (await mautic.ask('POST', '/contacts/new', sent)).body.errors[0].message;

const tooLong = (limit: number) => `This value is too long. It should have ${limit} characters or less.`;

describe('creating', () => {
  test('answers 201, where it is, the version, and the contact', async () => {
    const response = await mautic.call('POST', '/contacts/new', ana);
    expect(response.status).toBe(201);
    expect(response.headers.get('mautic-version')).toBe('5.1.1');
    expect(response.headers.get('location')).toBe(`${mautic.started.url}/api/contacts/1`);
    const { contact } = (await response.json()) as { contact: Record<string, unknown> };
    expect(contact).toMatchObject({
      id: 1,
      dateModified: null,
      tags: [],
      doNotContact: [],
      owner: null,
      fields: {
        core: { email: { alias: 'email', value: 'Ana.Silva@clube.example', type: 'email' } },
        personal: [],
        all: {
          id: 1,
          points: 0,
          firstname: 'Ana',
          email: 'Ana.Silva@clube.example',
          ems_person_id: 'per_1',
          city: null,
        },
      },
    });
    expect(contact['dateAdded']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    expect(contact['dateIdentified']).toBe(contact['dateAdded']);
  });

  test('again is 200 and the same contact, whichever identifier tells; the case of an e-mail does not count', async () => {
    const { id } = await mautic.create(ana);
    for (const again of [{ email: 'ANA.silva@clube.example' }, { ems_person_id: 'per_1' }, ana]) {
      const { status, body } = await mautic.ask('POST', '/contacts/new', again);
      expect([status, body.contact.id]).toEqual([200, id]);
    }
  });

  test('follows an e-mail that changed by the other identifier', async () => {
    const { id } = await mautic.create(ana);
    const { status, body } = await mautic.ask('POST', '/contacts/new', { ...ana, email: 'ana@new.example' });
    expect([status, body.contact.id, body.contact.fields.all.email]).toEqual([200, id, 'ana@new.example']);
  });

  test('with all identifiers asked for by setting, one of them is not enough', async () => {
    await mautic.create(ana);
    await mautic.control.setSettings({ uniqueIdentifiersOperator: 'AND', version: '4' });
    const { status } = await mautic.ask('POST', '/contacts/new', { ...ana, ems_person_id: 'per_2' });
    expect(status).toBe(201);
  });

  test('nobody at all makes an anonymous contact', async () => {
    const contact = await mautic.create({ city: 'Porto' });
    expect(contact.dateIdentified).toBeNull();
  });
});

describe('what was sent', () => {
  test.each([
    ['an e-mail', { email: '  ana@clube.example, ' }, { email: 'ana@clube.example' }],
    ['markup', { firstname: '<b>Ana</b>', lastname: '1 < 2' }, { firstname: 'Ana', lastname: '1 < 2' }],
    ['blanks around', { firstname: '  Ana ' }, { firstname: 'Ana' }],
    ['what it does not know', { firstname: 'Ana', ems_birthday: 'x' }, { firstname: 'Ana' }],
    ['zero', { firstname: '0', city: '00000', zipcode: '0.5' }, { firstname: null, city: null, zipcode: null }],
    ['another number', { zipcode: '0100' }, { zipcode: '0100' }],
    ['a number as text', { zipcode: 4000 }, { zipcode: '4000' }],
    ['letters of all kinds', { firstname: 'Zoë 走 😀' }, { firstname: 'Zoë 走 😀' }],
    ['entities, decoded and then stripped', { firstname: 'A&amp;B', city: '1<2' }, { firstname: 'A&B', city: '1' }],
  ])('%s', async (_what, sent, kept) => {
    const { id } = await mautic.create({ ...sent, company: 'Club' });
    expect(await mautic.valuesOf(id)).toMatchObject(kept);
  });

  test.each([
    ['a country by its code', { country: 'PT' }, 'country', 'This value is not valid.'],
    ['a country of no list', { country: 'Czechia' }, 'country', 'This value is not valid.'],
    ['a locale with a hyphen', { preferred_locale: 'pt-PT' }, 'preferred_locale', 'This value is not valid.'],
    ...['en_PT', 'de_FR', 'fil', 'gsw_CH', 'ht_HT'].map(
      (preferred_locale) =>
        [preferred_locale, { preferred_locale }, 'preferred_locale', 'This value is not valid.'] as const,
    ),
    ['a country of version 4 in version 5', { country: 'Swaziland' }, 'country', 'This value is not valid.'],
    ['a locale of no language', { preferred_locale: 'xx_PT' }, 'preferred_locale', 'This value is not valid.'],
    ['a region of no list', { state: 'Costa Azul' }, 'state', 'This value is not valid.'],
    ['a time zone of no list', { timezone: 'Porto' }, 'timezone', 'This value is not valid.'],
    ['no e-mail', { email: 'ana' }, 'email', '"ana" is invalid.'],
    ['a long text', { city: 'x'.repeat(65) }, 'city', 'This value is too long. It should have 64 characters or less.'],
    ['a list', { city: ['Porto'] }, 'city', 'This value is not valid.'],
    ['no number', { attribution: 'much' }, 'attribution', 'Please enter a number.'],
  ])('%s is refused, with the reason', async (_what, sent, alias, message) => {
    expect(await mautic.ask('POST', '/contacts/new', { firstname: 'Ana', ...sent })).toEqual({
      status: 400,
      body: { errors: [{ code: 400, message: `${alias}: ${message}`, details: { [alias]: [message] } }] },
    });
    expect((await mautic.control.state()).contacts).toEqual({});
  });

  test.each([
    { country: 'Portugal' },
    { country: 'Czech Republic' },
    { preferred_locale: 'pt_PT' },
    { preferred_locale: 'pt' },
    { preferred_locale: 'zh_Hant_TW' },
    { preferred_locale: 'es_419' },
    { country: 'Kosovo' },
    { country: 'Eswatini' },
    { state: 'Porto' },
    { timezone: 'Europe/Lisbon' },
  ])('%j is taken', async (sent) => {
    const { id } = await mautic.create({ firstname: 'Ana', ...sent });
    expect(await mautic.valuesOf(id)).toMatchObject(sent);
  });

  test('191 characters are taken where the setting says so, and any number in a text area', async () => {
    await mautic.control.setSettings({ textLength: 191 });
    const sent = { city: '😀'.repeat(191), ems_events: 'Harbour Run|'.repeat(5_000) };
    expect(await mautic.valuesOf((await mautic.create({ firstname: 'Ana', ...sent })).id)).toMatchObject(sent);
  });

  test('fewer characters are taken where the setting says so, and where the field does', async () => {
    const field = { label: 'Short', alias: 'short', type: 'text', charLengthLimit: 5 };
    await mautic.control.backdoor({ do: 'create-field', field });
    expect(await messageOf({ short: 'longer' })).toBe(`short: ${tooLong(5)}`);
    await mautic.control.setSettings({ textLength: 64 });
    expect(await messageOf({ city: 'x'.repeat(65) })).toBe(`city: ${tooLong(64)}`);
    expect((await mautic.create({ ems_events: 'x'.repeat(65) })).id).toBe(1);
  });

  test('any region is taken where the setting says so', async () => {
    await mautic.control.setSettings({ regions: 'any' });
    expect((await mautic.create({ firstname: 'Ana', state: 'Costa Azul' })).fields.all['state']).toBe('Costa Azul');
  });

  test('other types of fields come back in their own form', async () => {
    const fields = [
      { label: 'Birth', alias: 'birth', type: 'date' },
      { label: 'Seen', alias: 'seen', type: 'datetime' },
      { label: 'Member', alias: 'member', type: 'boolean' },
      { label: 'Height', alias: 'height', type: 'number', properties: { scale: 2 } },
      {
        label: 'Sports',
        alias: 'sports',
        type: 'multiselect',
        properties: {
          list: [
            { label: 'Run', value: 'run' },
            { label: 'Swim', value: 'swim' },
          ],
        },
      },
    ];
    for (const field of fields) await mautic.control.backdoor({ do: 'create-field', field });
    const { id } = await mautic.create({
      firstname: 'Ana',
      birth: '1988-02-30',
      seen: '2026-09-01 10:20:33',
      member: true,
      height: '1.789',
      sports: ['run', 'swim'],
    });
    expect(await mautic.valuesOf(id)).toMatchObject({
      birth: '1988-03-01',
      seen: '2026-09-01 10:20:00',
      member: 1,
      height: 1.79,
      sports: 'run|swim',
    });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { member: false, seen: 'whenever' });
    expect(await mautic.valuesOf(id)).toMatchObject({ member: 1, seen: '2026-09-01 10:20:00' });
  });

  test('of a form instead of JSON is the same, and broken JSON is 400', async () => {
    const form = new URLSearchParams([
      ['firstname', 'Ana'],
      ['tags[]', 'ems'],
      ['tags[]', 'run'],
    ]).toString();
    const answer = await post('application/x-www-form-urlencoded', form);
    const { contact } = (await answer.json()) as { contact: { tags: { tag: string }[] } };
    expect([answer.status, contact.tags.map(({ tag }) => tag)]).toEqual([201, ['ems', 'run']]);
    expect((await post('application/json', '{"firstname":')).status).toBe(400);
  });
});

describe('changing', () => {
  test('keeps what is not sent, skips blanks, clears them when told to', async () => {
    const { id } = await mautic.create({ ...ana, city: 'Porto', mobile: '+351912345678' });
    const path = `/contacts/${id}/edit`;
    await mautic.ask('PATCH', path, { city: '', mobile: null, firstname: 'Anabela' });
    expect(await mautic.valuesOf(id)).toMatchObject({ city: 'Porto', mobile: '+351912345678', firstname: 'Anabela' });
    await mautic.ask('PATCH', path, { mobile: null, overwriteWithBlank: true });
    expect(await mautic.valuesOf(id)).toMatchObject({ city: 'Porto', mobile: null, lastname: 'Silva' });
  });

  test('by a POST that matches, with blanks to overwrite, loses everything that was not sent', async () => {
    const { id } = await mautic.create({ ...ana, city: 'Porto', ems_events: 'Harbour Run' });
    await mautic.ask('POST', '/contacts/new', { email: ana.email, city: null, overwriteWithBlank: true });
    expect(await mautic.valuesOf(id)).toMatchObject({
      email: ana.email,
      firstname: null,
      ems_person_id: null,
      ems_events: null,
    });
  });

  test('by a batch that matches, with blanks to overwrite, loses only what was sent', async () => {
    const { id } = await mautic.create({ ...ana, city: 'Porto', ems_events: 'Harbour Run' });
    const item = { email: ana.email, city: null, overwriteWithBlank: true };
    expect((await mautic.ask('POST', '/contacts/batch/new', [item])).body.statusCodes).toEqual([200]);
    expect(await mautic.valuesOf(id)).toMatchObject({ city: null, firstname: 'Ana', ems_events: 'Harbour Run' });
  });

  test('by PUT blanks what is left out and keeps zero', async () => {
    const { id } = await mautic.create({ ...ana, city: 'Porto' });
    const { status } = await mautic.ask('PUT', `/contacts/${id}/edit`, { email: ana.email, zipcode: '0' });
    expect(status).toBe(200);
    expect(await mautic.valuesOf(id)).toMatchObject({ zipcode: '0', city: null, firstname: null });
  });

  test('of one that is missing: PATCH is 404, PUT makes one under another id', async () => {
    expect(await mautic.ask('PATCH', '/contacts/47/edit', ana)).toEqual({
      status: 404,
      body: { errors: [{ code: 404, message: 'Item was not found.', details: [] }] },
    });
    const { status, body } = await mautic.ask('PUT', '/contacts/47/edit', ana);
    expect([status, body.contact.id]).toEqual([201, 1]);
  });

  test('moves dateModified, but not if nothing changes', async () => {
    const { id } = await mautic.create(ana);
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { firstname: 'Ana' });
    expect((await mautic.read(id)).dateModified).toBeNull();
    await mautic.control.setClock(3_600_000);
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { firstname: 'Bea' });
    const modified = Date.parse((await mautic.read(id)).dateModified ?? '');
    expect(Math.abs(modified - Date.now() - 3_600_000)).toBeLessThan(120_000);
    const outcomes = (await mautic.control.journal({ writesOnly: true })).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['created', 'unchanged', 'updated']);
  });

  test('by POST writes the default of a field that has no value; by PATCH where it is blanked', async () => {
    const { id } = await mautic.create(ana);
    const field = { label: 'Level', alias: 'level', type: 'text', defaultValue: 'beginner' };
    await mautic.control.backdoor({ do: 'create-field', field });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { city: 'Porto' });
    expect((await mautic.valuesOf(id))['level']).toBeNull();
    await mautic.ask('POST', '/contacts/new', { email: ana.email });
    expect((await mautic.valuesOf(id))['level']).toBe('beginner');
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { level: 'expert' });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { level: null, overwriteWithBlank: true });
    expect((await mautic.valuesOf(id))['level']).toBe('beginner');
  });
});

describe('deleting', () => {
  test('answers the contact without id, then 404; its id is not given again', async () => {
    const { id } = await mautic.create(ana);
    const { status, body } = await mautic.ask('DELETE', `/contacts/${id}/delete`);
    expect([status, body.contact.id, body.contact.fields.all.email]).toEqual([200, null, ana.email]);
    expect((await mautic.ask('DELETE', `/contacts/${id}/delete`)).status).toBe(404);
    expect((await mautic.ask('GET', `/contacts/${id}`)).status).toBe(404);
    expect((await mautic.create(ana)).id).toBe(id + 1);
  });
});

describe('fields', () => {
  test('are an object by id, in pages of 30; an alias that is taken is refused', async () => {
    const { body } = await mautic.ask('GET', '/fields/contact?limit=100');
    const all = Object.entries<{ id: number; alias: string }>(body.fields);
    expect([body.total, all.length]).toEqual([30, 30]);
    expect(all.every(([key, { id }]) => key === String(id))).toBe(true);
    const own = all.find(([, { alias }]) => alias === 'ems_person_id')?.[1];
    expect(own).toMatchObject({ type: 'text', isUniqueIdentifier: true });
    const sent = { label: 'EMS person', alias: 'ems_person_id', type: 'text' };
    expect((await mautic.ask('POST', '/fields/contact/new', sent)).status).toBe(400);
    const made = await mautic.ask('POST', '/fields/contact/new', { ...sent, alias: 'ems_other' });
    expect([made.status, made.body.field.alias]).toEqual([201, 'ems_other']);
    expect(Object.keys((await mautic.ask('GET', '/fields/contact')).body.fields)).toHaveLength(30);
    expect(Object.keys((await mautic.ask('GET', '/fields/contact?start=30')).body.fields)).toHaveLength(1);
  });

  test.each(['4', '5'] as const)(
    'answer isUniqueIdentifier and neither the misspelling nor a limit, as version %s does',
    async (version) => {
      await mautic.control.setSettings({ version });
      for (const spelling of ['isUniqueIdentifer', 'isUniqueIdentifier']) {
        const sent = { label: spelling, alias: spelling.toLowerCase(), [spelling]: true };
        const { field } = (await mautic.ask('POST', '/fields/contact/new', sent)).body;
        expect(field).toMatchObject({ isUniqueIdentifier: true });
        expect(field).not.toHaveProperty('isUniqueIdentifer');
        expect(field).not.toHaveProperty('charLengthLimit');
      }
    },
  );

  test.each([{}, { label: 'X', type: 'colour' }])('%j is refused', async (field) => {
    expect((await mautic.ask('POST', '/fields/contact/new', field)).status).toBe(400);
  });

  test('one that was taken out of use is neither shown nor written', async () => {
    const { id } = await mautic.create({ ...ana, ems_events: 'Run' });
    await mautic.control.backdoor({ do: 'unpublish-field', alias: 'ems_events' });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { ems_events: 'Swim' });
    expect(await mautic.valuesOf(id)).not.toHaveProperty('ems_events');
    expect((await mautic.control.state()).contacts[id]?.fields['ems_events']).toBe('Run');
  });
});

const merge = async () => {
  const [loser, winner] = [await mautic.create(ana), await mautic.create({ email: 'rui@clube.example' })];
  await mautic.control.backdoor({ do: 'merge-contacts', winner: winner.id, loser: loser.id });
  return { loser: loser.id, winner: winner.id };
};

describe('a contact that was merged into another', () => {
  test('answers by its id with the one that is left, which is what a write by that id changes', async () => {
    const { loser, winner } = await merge();
    expect((await mautic.read(loser)).id).toBe(winner);
    const edited = await mautic.ask('PATCH', `/contacts/${loser}/edit`, { city: 'Faro' });
    expect([edited.status, edited.body.contact.id]).toEqual([200, winner]);
    const batch = await mautic.ask('PATCH', '/contacts/batch/edit', [{ id: loser, city: 'Porto' }]);
    expect([batch.body.statusCodes, batch.body.contacts[0].id]).toEqual([[200], winner]);
    await mautic.ask('POST', `/contacts/${loser}/dnc/email/add`, {});
    expect((await mautic.control.state()).contacts[winner]).toMatchObject({
      fields: { city: 'Porto' },
      doNotContact: [{ channel: 'email', reason: 3 }],
    });
    const listed = await mautic.ask(
      'GET',
      `/contacts?where[0][col]=id&where[0][expr]=in&where[0][val]=${loser},${winner}`,
    );
    expect(Object.keys(listed.body.contacts)).toEqual([String(winner)]);
  });

  test('is followed through several merges', async () => {
    const { loser, winner } = await merge();
    const last = await mautic.create({ email: 'zoe@clube.example' });
    await mautic.control.backdoor({ do: 'merge-contacts', winner: last.id, loser: winner });
    expect([(await mautic.read(loser)).id, (await mautic.read(winner)).id]).toEqual([last.id, last.id]);
  });
});
