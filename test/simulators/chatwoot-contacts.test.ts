import { describe, expect, test } from '@jest/globals';
import { chatwootUnderTest } from './chatwoot-under-test.ts';
import { eventually } from './eventually.ts';

const chatwoot = chatwootUnderTest();

describe('creating', () => {
  test('answers the contact and its inbox, without updated_at', async () => {
    const { status, body } = await chatwoot.ask('POST', '/contacts', {
      name: '  Ana  ',
      email: 'Ana.Exemplo@Clube.Example',
      phone_number: '+351912345678',
      identifier: 'per_1',
      custom_attributes: { ems_events: 'porto', ems_newsletter: true, ems_none: null },
    });
    expect(status).toBe(200);
    expect(body.payload.contact_inbox).toEqual({ inbox: null, source_id: null });
    expect(body.payload.contact).toMatchObject({
      name: '  Ana  ',
      email: 'ana.exemplo@clube.example',
      phone_number: '+351912345678',
      identifier: 'per_1',
      blocked: false,
      custom_attributes: { ems_events: 'porto', ems_newsletter: true, ems_none: null },
      contact_inboxes: [],
    });
    expect(body.payload.contact).not.toHaveProperty('updated_at');
    expect(body.payload.contact).not.toHaveProperty('last_activity_at');
    expect(Number.isInteger(body.payload.contact.created_at)).toBe(true);
  });

  test('with an inbox, gives it an address there; a taken address undoes it all', async () => {
    const inbox = { inbox_id: 1, source_id: 'ems:per_1' };
    const { body } = await chatwoot.ask('POST', '/contacts', { email: 'a@club.example', ...inbox });
    expect(body.payload.contact_inbox).toMatchObject({
      source_id: 'ems:per_1',
      inbox: { channel_type: 'Channel::Api' },
    });
    expect((await chatwoot.ask('POST', '/contacts', { email: 'b@club.example', ...inbox })).status).toBe(422);
    expect(Object.keys((await chatwoot.control.state()).contacts)).toEqual(['1']);
  });

  test.each([
    [{ email: 'TAKEN@club.example' }, 'Email has already been taken', 'email'],
    [{ phone_number: '+351910000000' }, 'Phone number has already been taken', 'phone_number'],
    [{ identifier: 'per_1' }, 'Identifier has already been taken', 'identifier'],
    [{ email: ' a@club.example' }, 'Email Invalid email', 'email'],
    [{ phone_number: '912345678' }, 'Phone number should be in e164 format', 'phone_number'],
    [{ phone_number: '+351 912 345 678' }, 'Phone number should be in e164 format', 'phone_number'],
    [{ name: 'x'.repeat(256) }, 'Name is too long (maximum is 255 characters)', 'name'],
  ])('refuses %j, and does not say whose it is', async (set, message, attribute) => {
    const taken = { email: 'taken@club.example', phone_number: '+351910000000', identifier: 'per_1' };
    await chatwoot.createContact(taken);
    expect(await chatwoot.ask('POST', '/contacts', set)).toEqual({
      status: 422,
      body: { message, attributes: [attribute] },
    });
  });

  test('takes a phone number that is one as a whole, as ChatWoot does since August 2026', async () => {
    expect(await chatwoot.ask('POST', '/contacts', { phone_number: 'call +351912345678' })).toEqual({
      status: 422,
      body: { message: 'Phone number should be in e164 format', attributes: ['phone_number'] },
    });
  });

  test('that an agent gave such a number before is refused every update, until the number is mended', async () => {
    await chatwoot.control.setSettings({ phoneFormat: 'ending' });
    const { id } = await chatwoot.createContact({ name: 'Ana', phone_number: 'call +351912345678' });
    await chatwoot.control.setSettings({ phoneFormat: 'anchored' });
    expect((await chatwoot.ask('PUT', `/contacts/${id}`, { name: 'Ana Silva' })).status).toBe(422);
    expect((await chatwoot.ask('PUT', `/contacts/${id}`, { phone_number: '+351912345678' })).status).toBe(200);
    expect((await chatwoot.ask('PUT', `/contacts/${id}`, { name: 'Ana Silva' })).status).toBe(200);
  });

  test('is read from a form as well, multipart or not', async () => {
    const multipart = new FormData();
    multipart.set('name', 'Ana');
    multipart.set('custom_attributes[ems_club]', 'Clube');
    const url = `${chatwoot.url}/api/v1/accounts/1/contacts`;
    const headers = { api_access_token: 'secret' };
    for (const body of [multipart, new URLSearchParams({ name: 'Ana', 'custom_attributes[ems_club]': 'Clube' })]) {
      const response = await fetch(url, { method: 'POST', headers, body });
      expect(await response.json()).toMatchObject({
        payload: { contact: { name: 'Ana', custom_attributes: { ems_club: 'Clube' } } },
      });
    }
  });

  test('takes, in older versions, a phone number that only ends as one; a blank e-mail as none, an identifier in another case', async () => {
    await chatwoot.control.setSettings({ phoneFormat: 'ending' });
    await chatwoot.createContact({ identifier: 'per_a' });
    const contact = await chatwoot.createContact({
      phone_number: 'call +351912345678',
      email: '  ',
      identifier: 'PER_A',
    });
    expect(contact).toMatchObject({ phone_number: 'call +351912345678', email: null, identifier: 'PER_A' });
  });

  test('a second identifier "" passes the validation and hits the index: 500', async () => {
    await chatwoot.createContact({ name: 'First', identifier: '' });
    expect((await chatwoot.ask('POST', '/contacts', { name: 'Second', identifier: '' })).status).toBe(500);
    expect((await chatwoot.ask('POST', '/contacts', { name: 'Third', identifier: null })).status).toBe(200);
  });

  test('of two at once with one e-mail one is made and the other is a 500; with one phone number both are made', async () => {
    const twice = async (set: object) => {
      const answers = await Promise.all([
        chatwoot.call('POST', '/contacts', set),
        chatwoot.call('POST', '/contacts', set),
      ]);
      return answers.map(({ status }) => status).toSorted((left, right) => left - right);
    };
    await chatwoot.control.setFaults({ slowCommit: { ms: 60 } });
    expect(await twice({ email: 'same@club.example' })).toEqual([200, 500]);
    expect(await twice({ phone_number: '+351911111111' })).toEqual([200, 200]);
  });
});

describe('updating', () => {
  test.each(['PUT', 'PATCH'])(
    '%s keeps what is missing, clears what is null, merges attributes one level deep',
    async (method) => {
      const { id } = await chatwoot.createContact({
        name: 'Ana',
        email: 'ana@club.example',
        phone_number: '+351912345678',
        custom_attributes: { a: 1, b: { deep: 1 } },
        additional_attributes: { city: 'Porto', country: 'Portugal' },
      });
      const { status, body } = await chatwoot.ask(method, `/contacts/${id}`, {
        phone_number: null,
        custom_attributes: { a: null, b: { other: 2 }, c: 0 },
        additional_attributes: { city: 'Faro' },
      });
      expect(status).toBe(200);
      expect(body.payload).toMatchObject({
        name: 'Ana',
        email: 'ana@club.example',
        phone_number: null,
        custom_attributes: { a: null, b: { other: 2 }, c: 0 },
        additional_attributes: { city: 'Faro', country: 'Portugal' },
      });
      expect(body.payload.custom_attributes.b).toEqual({ other: 2 });
      expect((await chatwoot.control.state()).contacts[id]).toMatchObject({
        location: 'Faro',
        country_code: 'Portugal',
      });
    },
  );

  test('destroy_custom_attributes removes keys', async () => {
    const { id } = await chatwoot.createContact({ email: 'a@club.example', custom_attributes: { a: 1, b: null } });
    await chatwoot.ask('POST', `/contacts/${id}/destroy_custom_attributes`, { custom_attributes: ['b', 'unknown'] });
    expect((await chatwoot.contact(id)).custom_attributes).toEqual({ a: 1 });
  });

  test('any update judges the whole record: an old double phone number refuses a new name', async () => {
    const phone_number = '+351912345678';
    await chatwoot.createContact({ phone_number });
    const set = { email: 'old@club.example', phone_number };
    await expect(chatwoot.control.backdoor({ do: 'create-contact', set })).rejects.toThrow(/422.*already been taken/s);
    const { contact } = await chatwoot.control.backdoor({ do: 'create-contact', set, unvalidated: true });
    expect(await chatwoot.ask('PUT', `/contacts/${contact}`, { name: 'New' })).toEqual({
      status: 422,
      body: { message: 'Phone number has already been taken', attributes: ['phone_number'] },
    });
  });

  test('of two updates at once that merge into the same attributes, the later undoes the earlier', async () => {
    const { id } = await chatwoot.createContact({ email: 'a@club.example', custom_attributes: {} });
    await chatwoot.control.setFaults({ slowCommit: { ms: 60 } });
    await Promise.all(
      ['x', 'y'].map((key) => chatwoot.call('PUT', `/contacts/${id}`, { custom_attributes: { [key]: 1 } })),
    );
    expect(Object.keys((await chatwoot.contact(id)).custom_attributes)).toHaveLength(1);
  });

  test('what changes nothing is answered, and is no change', async () => {
    const { id } = await chatwoot.createContact({
      name: 'Ana',
      email: 'a@club.example',
      custom_attributes: { a: 1, b: 2 },
    });
    const { contacts: before } = await chatwoot.control.state();
    await chatwoot.control.setClock(5_000);
    const same = { name: 'Ana', email: 'A@CLUB.example', custom_attributes: { b: 2 } };
    expect((await chatwoot.ask('PUT', `/contacts/${id}`, same)).status).toBe(200);
    expect((await chatwoot.control.state()).contacts).toEqual(before);
    expect((await chatwoot.control.journal({ writesOnly: true })).at(-1)).toMatchObject({ outcome: 'unchanged' });
  });

  test('labels are replaced, in lower case', async () => {
    const { id } = await chatwoot.createContact({ email: 'a@club.example' });
    await chatwoot.ask('POST', `/contacts/${id}/labels`, { labels: ['EMS', 'vip'] });
    expect((await chatwoot.ask('POST', `/contacts/${id}/labels`, { labels: ['Gone'] })).body).toEqual({
      payload: ['gone'],
    });
    expect((await chatwoot.ask('GET', `/contacts/${id}/labels`)).body).toEqual({ payload: ['gone'] });
  });
});

describe('leaving', () => {
  test('a deleted contact is 404, its conversations go a little later, its id is not given again', async () => {
    const { id } = await chatwoot.createContact({ email: 'a@club.example' });
    await chatwoot.ask('POST', '/conversations', { inbox_id: 1, contact_id: id });
    expect(await chatwoot.ask('DELETE', `/contacts/${id}`)).toEqual({ status: 200, body: '' });
    const { status, body } = await chatwoot.ask('GET', `/contacts/${id}`);
    expect([status, body]).toEqual([404, { error: 'Resource could not be found' }]);
    expect(Object.keys((await chatwoot.control.state()).conversations)).toEqual(['1']);
    expect(await eventually(async () => Object.keys((await chatwoot.control.state()).conversations).length === 0)).toBe(
      true,
    );
    expect((await chatwoot.createContact({ email: 'a@club.example' })).id).toBe(id + 1);
  });

  test('one who is online is not deleted', async () => {
    const { id } = await chatwoot.createContact({ name: 'ANA', email: 'a@club.example' });
    await chatwoot.control.backdoor({ do: 'set-presence', contact: id, online: true });
    expect(await chatwoot.ask('DELETE', `/contacts/${id}`)).toEqual({
      status: 422,
      body: { message: 'Ana is Online, please try again later' },
    });
    await chatwoot.control.backdoor({ do: 'set-presence', contact: id, online: false });
    expect((await chatwoot.ask('DELETE', `/contacts/${id}`)).status).toBe(200);
  });

  test('of a merge the base keeps its values, takes what it has none of, and the conversations', async () => {
    const base = await chatwoot.createContact({ name: 'Ana', identifier: 'per_1', custom_attributes: { a: 1 } });
    const mergee = await chatwoot.createContact({
      name: 'Anna',
      identifier: 'per_2',
      email: 'anna@club.example',
      custom_attributes: { a: 2, b: 2 },
    });
    await chatwoot.control.backdoor({ do: 'customer-writes', contact: mergee.id, content: 'Olá' });
    const ids = { base_contact_id: base.id, mergee_contact_id: mergee.id };
    const { status, body } = await chatwoot.ask('POST', '/actions/contact_merge', ids);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: base.id,
      name: 'Ana',
      identifier: 'per_1',
      email: 'anna@club.example',
      custom_attributes: { a: 1, b: 2 },
    });
    expect((await chatwoot.call('GET', `/contacts/${mergee.id}`)).status).toBe(404);
    const conversations = await chatwoot.ask('GET', `/contacts/${base.id}/conversations`);
    expect(conversations.body.payload).toMatchObject([{ meta: { sender: { id: base.id } } }]);
    const filter = { payload: [{ attribute_key: 'identifier', filter_operator: 'equal_to', values: ['per_2'] }] };
    expect((await chatwoot.ask('POST', '/contacts/filter', filter)).body.payload).toEqual([]);
  });
});

describe('a visitor of a widget', () => {
  test('becomes the contact whose identifier or e-mail it claims, without a signature', async () => {
    const { id } = await chatwoot.createContact({ name: 'Ana', email: 'ana@club.example', identifier: '4711' });
    expect(await chatwoot.control.backdoor({ do: 'visitor-claims', identifier: '4711' })).toEqual({ contact: id });
    await chatwoot.control.backdoor({ do: 'visitor-claims', identifier: 'me', email: 'Ana@club.example' });
    expect((await chatwoot.control.state()).contacts[id]).toMatchObject({ name: 'Ana', identifier: 'me' });
  });

  test('is refused by an inbox with hmac_mandatory, unless it signs', async () => {
    const { id } = await chatwoot.createContact({ name: 'Ana', identifier: '4711' });
    await chatwoot.control.setSettings({ hmacMandatory: [3] });
    const claim = { do: 'visitor-claims', identifier: '4711' } as const;
    await expect(chatwoot.control.backdoor(claim)).rejects.toThrow(/401.*HMAC/);
    expect(await chatwoot.control.backdoor({ ...claim, signed: true })).toEqual({ contact: id });
  });
});
