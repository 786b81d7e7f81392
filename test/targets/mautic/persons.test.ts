import { describe, expect, test } from '@jest/globals';
import { contentDigest } from '../../../sync/content-hash.ts';
import { FIELDS } from '../../../targets/mautic/contact-fields.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, mauticUnderTest, NOBODY } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const fieldsOf = (content: typeof ANA) => Object.fromEntries(FIELDS.map((name) => [name, content[name]]));

describe('a person that Mautic does not have', () => {
  test('becomes a contact with the EMS id and the tag, and everything of it is given back', async () => {
    const sent = asSent(await mautic.send('4711', ANA));
    expect(await mautic.contacts()).toMatchObject([
      {
        id: Number(sent.remoteId),
        fields: { ...fieldsOf(ANA), ems_person_id: '4711' },
        tags: ['ems'],
        doNotContact: [],
      },
    ]);
    expect(contentDigest(fieldsOf(sent.stored as never))).toBe(contentDigest(fieldsOf(ANA)));
    expect(sent).toMatchObject({ remoteModifiedOn: null, refusals: [] });
  });

  test('is one contact when the answer to the create was lost', async () => {
    await mautic.control.setFaults({ failAfter: { match: { prefix: '/api/contacts/new' }, times: 1 } });
    expect(await failureOf(mautic.send('4711', ANA))).toMatchObject({ errorClass: 'transient' });
    asSent(await mautic.send('4711', ANA));
    expect(await mautic.contacts()).toHaveLength(1);
  });

  test('is one contact, and blank where EMS is, when lists lag behind what another has just made', async () => {
    await mautic.control.backdoor({ do: 'create-contact', set: { email: 'Ana@clube.example', city: 'Faro' } });
    await mautic.control.setFaults({ readLag: { ms: 60_000 } });
    const sent = asSent(await mautic.send('4711', { ...ANA, city: null }));
    expect(sent.stored).toMatchObject({ city: null });
    expect(await mautic.contacts()).toHaveLength(1);
    expect((await mautic.contact(sent.remoteId))?.fields).not.toHaveProperty('city');
  });
});

describe('a contact that marketing has', () => {
  test.each(['4', '5'] as const)(
    'is matched by its e-mail, in whatever capitals, and keeps what is not ours (version %s)',
    async (version) => {
      await mautic.control.setSettings({ version });
      const set = { email: 'ANA@Clube.example', company: 'Harbour', city: 'Faro', address2: '0' };
      const { contact } = await mautic.control.backdoor({ do: 'create-contact', set, tags: ['vip'] });
      const sent = asSent(await mautic.send('4711', { ...ANA, city: null }));
      expect(sent.remoteId).toBe(String(contact));
      const after = await mautic.contact(contact);
      expect(after?.fields).toMatchObject({
        ems_person_id: '4711',
        company: 'Harbour',
        address2: '0',
        firstname: 'Ana',
      });
      expect(after?.fields).not.toHaveProperty('city');
      expect(after?.tags.toSorted()).toEqual(['ems', 'vip']);
    },
  );

  test.each(['4', '5'] as const)(
    'is not written over if its address differs by an accent alone, to which Mautic is blind: told of by its id (version %s)',
    async (version) => {
      await mautic.control.setSettings({ version });
      const set = { email: 'ána@clube.example', firstname: 'Ána' };
      const { contact } = await mautic.control.backdoor({ do: 'store-contact', set });
      const reason = `is the same to Mautic as the address of contact ${contact}`;
      const parked = { kind: 'blocked', by: [], field: 'email', reason };
      expect(await mautic.send('4711', ANA)).toEqual(parked);
      expect(await mautic.sendMany([mautic.request('4711', ANA)])).toEqual([parked]);
      const { remoteId } = asSent(await mautic.send('4712', { ...ANA, email: 'eva@clube.example' }));
      expect(await mautic.send('4712', ANA, { remoteId })).toEqual(parked);
      expect((await mautic.contact(contact))?.fields).toEqual(set);
      expect((await mautic.contact(remoteId))?.fields).toMatchObject({ email: 'eva@clube.example' });
    },
  );

  test('of another person of ours, to which Mautic holds the address to be equal, is told of by that person', async () => {
    const set = { email: 'ána@clube.example', ems_person_id: '4799' };
    await mautic.control.backdoor({ do: 'store-contact', set });
    expect(await mautic.send('4711', ANA)).toMatchObject({ kind: 'blocked', by: [{ type: 'Person', key: '4799' }] });
  });

  test('twice over is for a human: version 5 refuses every write, and the error names both', async () => {
    const { contacts } = await mautic.control.backdoor({ do: 'seed-duplicates', set: { email: 'ana@clube.example' } });
    const failure = await failureOf(mautic.send('4711', ANA));
    expect(failure).toMatchObject({ errorClass: 'rejected', code: 'must-be-unique', field: 'email' });
    expect(failure.message).toContain(`contact ${contacts[1]} as well; merge into contact ${contacts[0]} in Mautic`);
    expect(failure.message).not.toContain('ana@');
  });

  test('with the EMS id of ours, but of no record, keeps to that id', async () => {
    const set = { email: 'old@clube.example', ems_person_id: '4711', mobile: '+351912345678' };
    const { contact } = await mautic.control.backdoor({ do: 'create-contact', set });
    expect(asSent(await mautic.send('4711', ANA)).remoteId).toBe(String(contact));
    expect((await mautic.contact(contact))?.fields).toMatchObject({ email: 'ana@clube.example' });
  });

  test('with the EMS id of ours, and nothing else of the person’s, is another’s, sent alone or with others', async () => {
    const set = { email: 'rui@clube.example', ems_person_id: '4711', firstname: 'Rui', lastname: 'Melo' };
    const { contact } = await mautic.control.backdoor({ do: 'create-contact', set });
    expect(await mautic.send('4711', ANA)).toEqual({ kind: 'another', remoteId: String(contact) });
    const [many] = await mautic.sendMany([mautic.request('4711', ANA)]);
    expect(many).toEqual({ kind: 'another', remoteId: String(contact) });
    expect((await mautic.contact(contact))?.fields).toMatchObject(set);
  });

  test('a copy of ours with our EMS id is told of', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    const set = { ems_person_id: '4711', email: 'copy@clube.example' };
    const { contact } = await mautic.control.backdoor({ do: 'create-contact', set });
    const failure = await failureOf(mautic.send('4711', { ...ANA, city: 'Faro' }));
    expect(failure).toMatchObject({ errorClass: 'rejected', field: 'ems_person_id' });
    expect(failure.message).toContain(`held by contact ${contact} as well; merge into contact ${remoteId}`);
  });
});

describe('a contact of ours', () => {
  test('is looked at, then written in one call, and what others have put there stays', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    await mautic.control.backdoor({ do: 'edit-contact', contact: Number(remoteId), set: { company: 'Harbour' } });
    await mautic.control.clearJournal();
    asSent(await mautic.send('4711', { ...ANA, lastname: 'Sousa', mobile: null }));
    expect(await mautic.calls()).toEqual([`GET /api/contacts/${remoteId}`, `PATCH /api/contacts/${remoteId}/edit`]);
    const fields = (await mautic.contact(remoteId))?.fields;
    expect(fields).toMatchObject({ lastname: 'Sousa', company: 'Harbour' });
    expect(fields).not.toHaveProperty('mobile');
  });

  test.each(['4', '5'] as const)(
    'keeps zeros, alone of all numbers in need of a call of their own (version %s)',
    async (version) => {
      await mautic.control.setSettings({ version });
      const zeros = { ...ANA, zipcode: '00000', address1: '0', city: '0.5', ems_events: '0' };
      const { remoteId, stored } = asSent(await mautic.send('4711', zeros));
      expect(stored).toMatchObject({ zipcode: '00000', address1: '0', city: '0.5', ems_events: '0' });
      const set = { company: 'Harbour', attribution: 7 };
      await mautic.control.backdoor({ do: 'edit-contact', contact: Number(remoteId), set });
      await mautic.control.clearJournal();
      asSent(await mautic.send('4711', { ...zeros, lastname: 'Sousa' }));
      expect(await mautic.calls()).toEqual([`GET /api/contacts/${remoteId}`, `PATCH /api/contacts/${remoteId}/edit`]);
      asSent(await mautic.send('4711', { ...zeros, zipcode: '0' }));
      expect((await mautic.contact(remoteId))?.fields).toMatchObject({ zipcode: '0', address1: '0', ...set });
      asSent(await mautic.send('4711', { ...zeros, zipcode: null }));
      expect((await mautic.contact(remoteId))?.fields).not.toHaveProperty('zipcode');
    },
  );

  test('a region that Mautic does not list is left out, the old one with it, and the rest is sent', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    const sent = asSent(await mautic.send('4711', { ...ANA, state: 'Norte', lastname: 'Sousa' }));
    expect(sent.stored).toMatchObject({ state: null, lastname: 'Sousa' });
    const fields = (await mautic.contact(remoteId))?.fields;
    expect(fields).toMatchObject({ lastname: 'Sousa' });
    expect(fields).not.toHaveProperty('state');
    expect(
      asSent(await mautic.send('4712', { ...ANA, email: 'rui@clube.example', state: 'Norte' })).stored,
    ).toMatchObject({
      state: null,
      country: 'Portugal',
    });
  });

  test('that was deleted is made anew', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    await mautic.control.backdoor({ do: 'delete-contact', contact: Number(remoteId) });
    const again = asSent(await mautic.send('4711', ANA));
    expect(again.remoteId).not.toBe(remoteId);
    expect(await mautic.contacts()).toMatchObject([{ id: Number(again.remoteId), fields: { ems_person_id: '4711' } }]);
  });

  test('is followed into the contact that it was merged into', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    const { contact } = await mautic.control.backdoor({
      do: 'create-contact',
      set: { email: 'ana.home@clube.example' },
    });
    await mautic.control.backdoor({ do: 'merge-contacts', winner: contact, loser: Number(remoteId) });
    expect(asSent(await mautic.send('4711', { ...ANA, lastname: 'Sousa' })).remoteId).toBe(String(contact));
    expect(await mautic.contacts()).toMatchObject([
      { id: contact, fields: { email: 'ana@clube.example', lastname: 'Sousa', ems_person_id: '4711' } },
    ]);
  });

  test('that another person’s was merged into stays its own, and the other gets one of its own', async () => {
    const ana = asSent(await mautic.send('4711', ANA));
    const rui = asSent(await mautic.send('4712', { ...NOBODY, lastname: 'Rui', email: 'rui@clube.example' }));
    const merge = { winner: Number(ana.remoteId), loser: Number(rui.remoteId) };
    await mautic.control.backdoor({ do: 'merge-contacts', ...merge });
    const content = { lastname: 'Rui', email: 'rui@clube.example' };
    // The survivor has the values of Rui, who was edited last.
    expect(await mautic.send('4712', content)).toMatchObject({
      kind: 'blocked',
      by: [{ type: 'Person', key: '4711' }],
    });
    asSent(await mautic.send('4711', ANA, { release: true }));
    asSent(await mautic.send('4712', content));
    const held = (await mautic.contacts()).map(({ fields }) => [fields['ems_person_id'], fields['lastname']]);
    expect(held).toEqual([
      ['4711', 'Silva'],
      ['4712', 'Rui'],
    ]);
  });

  test('an answer about another person’s contact is not believed', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    const contact = {
      id: Number(remoteId),
      doNotContact: [],
      fields: { all: { email: 'rui@clube.example', ems_person_id: '12' } },
    };
    await mautic.control.setFaults({ respond: { status: 200, body: { contact }, match: { method: 'PATCH' } } });
    expect(await failureOf(mautic.send('4711', ANA))).toMatchObject({ errorClass: 'contract', field: 'ems_person_id' });
  });
});

test('a field that Mautic has lost, and so ignores, is no success', async () => {
  asSent(await mautic.send('4711', { ...ANA, ems_events: null }));
  await mautic.control.backdoor({ do: 'unpublish-field', alias: 'ems_events' });
  expect(await failureOf(mautic.send('4711', ANA))).toMatchObject({ errorClass: 'rejected', field: 'ems_events' });
});

test.each([
  ['a country that is not in its list', { country: 'Lusitania' }, 'country'],
  ['a name that is too long for it', { firstname: 'x'.repeat(65) }, 'first_name'],
  ['an address that it takes for none', { email: 'ana@clube' }, 'email'],
])('%s is refused, naming EMS’s field and no value', async (_, changed, field) => {
  const { remoteId } = asSent(await mautic.send('4711', ANA));
  const content = { ...ANA, ...changed };
  for (const call of [
    () => mautic.send('4711', content),
    () => mautic.send('12', { ...content, ...('email' in changed ? {} : { email: 'rui@clube.example' }) }),
  ]) {
    const failure = await failureOf(call());
    expect(failure).toMatchObject({ errorClass: 'rejected', field, code: 'http-400' });
    expect(failure.message).toContain(field);
    for (const value of [...Object.values(changed), 'Silva']) expect(failure.message).not.toContain(value);
  }
  expect((await mautic.contact(remoteId))?.fields).toMatchObject({ email: 'ana@clube.example', firstname: 'Ana' });
});

test('a name that is too long parks with the field and its limit', async () => {
  const failure = await failureOf(mautic.send('4711', { ...ANA, firstname: 'x'.repeat(65) }));
  expect(failure).toMatchObject({ errorClass: 'rejected', field: 'first_name' });
  expect(failure.message).toContain('first_name (too long. It should have 64 characters or less)');
});

describe('what is in no list of Mautic’s', () => {
  test.each([
    ['en_PT', 'en'],
    ['de_FR', 'de'],
    ['gsw_CH', null],
    ['fil', null],
    ['pt_PT', 'pt_PT'],
  ])('the locale %s is %j, and parks nobody', async (preferred_locale, kept) => {
    const sent = asSent(await mautic.send('4711', { ...ANA, preferred_locale }));
    expect(sent.stored?.['preferred_locale']).toBe(kept);
    const [many] = await mautic.sendMany([
      mautic.request('4712', { ...ANA, email: 'rui@clube.example', preferred_locale }),
    ]);
    expect(asSent(many).stored?.['preferred_locale']).toBe(kept);
  });

  test('a locale that was refused once is not tried again', async () => {
    asSent(await mautic.send('4711', { ...ANA, preferred_locale: 'en_PT' }));
    await mautic.control.clearJournal();
    asSent(await mautic.send('4711', { ...ANA, preferred_locale: 'en_PT', city: 'Faro' }));
    expect(await mautic.writes()).toHaveLength(1);
  });

  test.each([
    ['4', 'Swaziland'],
    ['5', 'Eswatini'],
  ] as const)('in version %s Eswatini is %s', async (version, country) => {
    await mautic.control.setSettings({ version });
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, country: 'Eswatini' }));
    expect((await mautic.contact(remoteId))?.fields['country']).toBe(country);
  });
});

test('zeros leave alone what is not ours: a test of every field, points and the picture included', async () => {
  const { remoteId } = asSent(await mautic.send('4711', ANA));
  const contact = Number(remoteId);
  const fields = Object.values((await mautic.control.state()).fields);
  const values: Readonly<Record<string, string | number>> = {
    number: 12,
    datetime: '2027-01-01 10:00:00',
    timezone: 'Europe/Lisbon',
    url: 'https://clube.example',
  };
  const others = fields.filter(({ alias }) => !FIELDS.includes(alias) && alias !== 'ems_person_id');
  const set = Object.fromEntries(others.map(({ alias, type }) => [alias, values[type] ?? 'Harbour']));
  await mautic.control.backdoor({ do: 'edit-contact', contact, set });
  const before = await mautic.contact(contact);
  asSent(await mautic.send('4711', { ...ANA, zipcode: '00000' }));
  const after = await mautic.contact(contact);
  expect(before?.fields).toMatchObject({ points: 12, ...set });
  expect({ ...after, dateModified: null }).toEqual({
    ...before,
    fields: { ...before?.fields, zipcode: '00000' },
    dateModified: null,
  });
});

test('a blank that Mautic fills with the default of its field is no error', async () => {
  const field = (await mautic.control.state()).fields;
  expect(Object.values(field).some(({ alias }) => alias === 'city')).toBe(true);
  await mautic.control.backdoor({ do: 'set-default', alias: 'city', value: 'Porto' });
  const sent = asSent(await mautic.send('4711', { ...ANA, city: 'Faro' }));
  expect(sent.stored?.['city']).toBe('Faro');
  expect(asSent(await mautic.send('4711', { ...ANA, city: null })).stored?.['city']).toBe('Porto');
});
