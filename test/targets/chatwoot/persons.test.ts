import { beforeEach, describe, expect, test } from '@jest/globals';
import { contentDigest } from '../../../sync/content-hash.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, chatwootUnderTest, createLost, identifierOf } from './chatwoot-under-test.ts';

const chatwoot = chatwootUnderTest();

const writes = async () =>
  (await chatwoot.control.journal({ writesOnly: true }))
    .filter(({ path }) => !path.includes('custom_attribute_definitions') && !path.includes('filter'))
    .map(({ method }) => method);

const contacts = async () => Object.values((await chatwoot.control.state()).contacts);

describe('a person that ChatWoot does not have', () => {
  test('becomes a contact with an identifier that nobody can guess, and the EMS id for agents', async () => {
    const sent = asSent(await chatwoot.sendPerson('4711', ANA));
    expect(await contacts()).toEqual([
      expect.objectContaining({
        id: Number(sent.remoteId),
        name: 'Ana Silva',
        email: 'ana@clube.example',
        phone_number: '+351912345678',
        identifier: identifierOf('4711'),
        custom_attributes: {
          ems_person_id: '4711',
          ems_events: 'Night Run, Porto Marathon',
          ems_language: 'pt',
          ems_club: 'Clube de Atletismo',
        },
      }),
    ]);
    expect(contentDigest(sent.stored ?? {})).toBe(contentDigest(ANA));
    expect(sent.remoteModifiedOn).toBeNull();
  });

  test('is one contact when the answer to the create was lost', async () => {
    await chatwoot.control.setFaults(createLost('contacts'));
    expect(await failureOf(chatwoot.sendPerson('4711', ANA))).toMatchObject({ errorClass: 'transient' });
    expect(await contacts()).toHaveLength(1);
    const sent = asSent(await chatwoot.sendPerson('4711', ANA));
    expect((await contacts()).map(({ id }) => String(id))).toEqual([sent.remoteId]);
  });

  test('is not written again when all of it is there', async () => {
    asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.control.clearJournal();
    asSent(await chatwoot.sendPerson('4711', ANA));
    expect(await writes()).toEqual([]);
  });

  test('is not created twice while the lists lag behind', async () => {
    asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.control.setFaults({ readLag: { ms: 60_000 } });
    expect(await failureOf(chatwoot.sendPerson('4711', ANA))).toMatchObject({ errorClass: 'transient', code: 'taken' });
    expect(await contacts()).toHaveLength(1);
  });
});

describe('a contact that agents made, where contacts are trusted', () => {
  beforeEach(() => chatwoot.trustContacts());

  test.each([
    ['e-mail, in other capitals', { email: 'Ana@Clube.example' }],
    ['phone', { phone_number: '+351912345678' }],
    ['e-mail, with an empty identifier', { email: 'ana@clube.example', identifier: '' }],
  ])('is matched by %s', async (_, set) => {
    const { contact } = await chatwoot.control.backdoor({ do: 'create-contact', set });
    const sent = asSent(await chatwoot.sendPerson('4711', ANA));
    expect(sent.remoteId).toBe(String(contact));
    expect(await chatwoot.contact(contact)).toMatchObject({ identifier: identifierOf('4711'), name: 'Ana Silva' });
    expect(await contacts()).toHaveLength(1);
  });

  test('is found by its e-mail before another by its phone, which a human has to merge', async () => {
    const set = { email: 'ana@clube.example' };
    const { contact } = await chatwoot.control.backdoor({ do: 'create-contact', set });
    const other = await chatwoot.control.backdoor({ do: 'create-contact', set: { phone_number: '+351912345678' } });
    const failure = await failureOf(chatwoot.sendPerson('4711', ANA));
    expect(failure).toMatchObject({ errorClass: 'rejected', field: 'phone', code: 'held-by-stranger' });
    expect(failure.message).toContain(`contact ${other.contact}`);
    expect(failure.message).toContain(`contact ${contact}`);
  });

  test('with another system’s identifier is left alone', async () => {
    const { contact } = await chatwoot.control.backdoor({
      do: 'create-contact',
      set: { email: 'ana@clube.example', identifier: 'shop-77' },
    });
    expect(await failureOf(chatwoot.sendPerson('4711', ANA))).toMatchObject({ errorClass: 'rejected', field: 'email' });
    expect(await chatwoot.contact(contact)).toMatchObject({ identifier: 'shop-77' });
  });
});

describe('a contact that our record names', () => {
  test('is written at once, and keeps labels and attributes that are not ours', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    const contact = Number(remoteId);
    await chatwoot.control.backdoor({ do: 'label-contact', contact, labels: ['vip'] });
    await chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { custom_attributes: { shoe_size: 39 } } });
    await chatwoot.control.clearJournal();
    const { stored } = asSent(
      await chatwoot.sendPerson('4711', { ...ANA, name: 'Ana Sousa', ems_club: null }, { remoteId }),
    );
    expect((await chatwoot.control.journal()).map(({ method }) => method)).toEqual(['PUT']);
    expect(await chatwoot.contact(contact)).toMatchObject({
      name: 'Ana Sousa',
      labels: ['vip'],
      custom_attributes: { shoe_size: 39, ems_club: null, ems_language: 'pt' },
    });
    expect(stored).toMatchObject({ name: 'Ana Sousa', ems_club: null });
  });

  test('is cleared of what EMS has no more', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    asSent(await chatwoot.sendPerson('4711', { email: 'ana@clube.example' }, { remoteId }));
    expect(await chatwoot.contact(remoteId)).toMatchObject({
      name: '',
      phone_number: null,
      identifier: identifierOf('4711'),
    });
  });

  test('is followed into the contact that an agent merged it into', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    const base = await chatwoot.control.backdoor({
      do: 'create-contact',
      set: { name: 'Ana', email: 'home@clube.example' },
    });
    await chatwoot.control.backdoor({ do: 'merge-contacts', base: base.contact, mergee: Number(remoteId) });
    const sent = asSent(await chatwoot.sendPerson('4711', ANA, { remoteId }));
    expect(sent.remoteId).toBe(String(base.contact));
    expect(await contacts()).toEqual([expect.objectContaining({ id: base.contact, email: 'ana@clube.example' })]);
    const read = await chatwoot.inbound().fetch({ type: 'Person', remoteId }, '4711');
    expect(read).toMatchObject({ remoteId: String(base.contact), emsKey: '4711' });
  });

  test('is made anew where an agent has deleted it', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.control.backdoor({ do: 'delete-contact', contact: Number(remoteId) });
    expect(await chatwoot.inbound().fetch({ type: 'Person', remoteId }, '4711')).toBeNull();
    const sent = asSent(await chatwoot.sendPerson('4711', ANA, { remoteId }));
    expect(sent.remoteId).not.toBe(remoteId);
    expect((await contacts()).map(({ identifier }) => identifier)).toEqual([identifierOf('4711')]);
  });

  test('gives way to the one that carries our id, if they are two', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    const other = await chatwoot.control.backdoor({ do: 'create-contact', set: { phone_number: '+351911111111' } });
    const known = String(other.contact);
    const sent = asSent(await chatwoot.sendPerson('4711', ANA, { remoteId: known }));
    expect(sent.remoteId).toBe(remoteId);
  });
});

describe('an address that another person’s contact has', () => {
  const home = { name: 'Home', email: 'home@clube.example' };

  test.each([
    ['email', { email: 'ana@clube.example' }],
    ['phone', { phone_number: '+351912345678' }],
  ])('blocks: %s', async (field, content) => {
    asSent(await chatwoot.sendPerson('1', { name: 'Rui', ...content }));
    const blocked = { kind: 'blocked', by: [{ type: 'Person', key: '1' }], field };
    expect(await chatwoot.sendPerson('4711', ANA)).toMatchObject(blocked);
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', home));
    expect(await chatwoot.sendPerson('4711', ANA, { remoteId })).toMatchObject(blocked);
    expect(await chatwoot.contact(remoteId)).toMatchObject({ email: 'home@clube.example' });
  });

  test('changes hands when two persons swap theirs', async () => {
    const [one, two] = [
      { name: 'One', email: 'one@x.example', phone_number: '+351910000001' },
      { name: 'Two', email: 'two@x.example', phone_number: '+351910000002' },
    ];
    const first = asSent(await chatwoot.sendPerson('1', one)).remoteId;
    const second = asSent(await chatwoot.sendPerson('2', two)).remoteId;
    const newOne = { ...two, name: 'One' };
    const newTwo = { ...one, name: 'Two' };
    expect(await chatwoot.sendPerson('1', newOne, { remoteId: first })).toMatchObject({
      kind: 'blocked',
      by: [{ type: 'Person', key: '2' }],
    });
    expect(await chatwoot.sendPerson('2', newTwo, { remoteId: second, release: true })).toEqual({
      kind: 'released',
      remoteId: second,
    });
    asSent(await chatwoot.sendPerson('1', newOne, { remoteId: first }));
    asSent(await chatwoot.sendPerson('2', newTwo, { remoteId: second }));
    expect(await chatwoot.contact(first)).toMatchObject({ email: 'two@x.example', phone_number: '+351910000002' });
    expect(await chatwoot.contact(second)).toMatchObject({ email: 'one@x.example', phone_number: '+351910000001' });
  });

  test('is let go by a person who is to release it, whose own new one is free', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('1', { email: 'ana@clube.example' }));
    const result = await chatwoot.sendPerson('1', { email: 'new@x.example' }, { remoteId, release: true });
    expect(result.kind).toBe('sent');
    expect((await chatwoot.sendPerson('4711', ANA)).kind).toBe('sent');
  });

  test('goes to whom it belongs now, if that person has left EMS', async () => {
    const gone = asSent(await chatwoot.sendPerson('1', { name: 'Rui', email: 'ana@clube.example' })).remoteId;
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', home));
    await chatwoot.remove('Person', '1', gone);
    asSent(await chatwoot.sendPerson('4711', ANA, { remoteId }));
    expect(await chatwoot.contact(remoteId)).toMatchObject({ email: 'ana@clube.example' });
    expect(await chatwoot.contact(gone)).toMatchObject({ email: null, identifier: identifierOf('1') });
  });
});

describe('a person who leaves EMS', () => {
  test('leaves a marked contact, with its conversations and its identifier', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.control.backdoor({ do: 'customer-writes', contact: Number(remoteId), content: 'Olá' });
    await chatwoot.remove('Person', '4711', remoteId);
    expect(await chatwoot.contact(remoteId)).toMatchObject({
      identifier: identifierOf('4711'),
      custom_attributes: { ems_removed: true, ems_language: 'pt' },
    });
    expect(Object.keys((await chatwoot.control.state()).conversations)).toHaveLength(1);
    expect(await chatwoot.inbound().fetch({ type: 'Person', remoteId }, null)).toMatchObject({ removed: true });
    await chatwoot.control.clearJournal();
    await chatwoot.remove('Person', '4711', remoteId);
    expect(await writes()).toEqual([]);
  });

  test('is looked for by the EMS id, if our record does not say which contact it was', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.remove('Person', '4711', null);
    expect(await chatwoot.contact(remoteId)).toMatchObject({ custom_attributes: { ems_removed: true } });
  });

  test('may be gone at ChatWoot already', async () => {
    await chatwoot.remove('Person', '4711', '999');
    await chatwoot.remove('Person', '4711', null);
    expect(await contacts()).toEqual([]);
  });

  test('hands the contact over to the next person with that address, and does not mark it again', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.remove('Person', '4711', remoteId);
    const sent = asSent(await chatwoot.sendPerson('4712', { ...ANA, name: 'Rui Silva' }));
    expect(sent.remoteId).toBe(remoteId);
    await chatwoot.remove('Person', '4711', remoteId);
    expect(await chatwoot.contact(remoteId)).toMatchObject({
      identifier: identifierOf('4712'),
      custom_attributes: { ems_removed: null },
    });
  });

  test('and comes back has the old contact', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    await chatwoot.remove('Person', '4711', remoteId);
    expect(asSent(await chatwoot.sendPerson('4711', ANA)).remoteId).toBe(remoteId);
    expect(await chatwoot.inbound().fetch({ type: 'Person', remoteId }, '4711')).toMatchObject({ removed: false });
  });
});

const stranger = async () => {
  await chatwoot.control.backdoor({
    do: 'create-contact',
    set: { name: 'Visitor', email: 'visitor@elsewhere.example' },
  });
  const [contact] = await contacts();
  return String(contact?.id);
};

describe('a number that is a stranger’s contact now, as in a restored account', () => {
  test('is not marked when our person leaves EMS', async () => {
    const remoteId = await stranger();
    await chatwoot.remove('Person', '4711', remoteId);
    expect((await chatwoot.contact(remoteId))?.custom_attributes).toEqual({});
  });

  test('is not deleted when our person is erased', async () => {
    const remoteId = await stranger();
    const erased = await chatwoot.erase('4711', remoteId, { email: ANA.email as string });
    expect(erased).toMatchObject({ outcome: 'absent' });
    expect(await chatwoot.contact(remoteId)).toMatchObject({ name: 'Visitor' });
  });
});

test('no identifier is ever "", whatever happens', async () => {
  const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
  await chatwoot.sendPerson('4711', { phone_number: '+351911111111' }, { remoteId });
  await chatwoot.remove('Person', '4711', remoteId);
  const bodies = (await chatwoot.control.journal({ writesOnly: true })).map(({ body }) => JSON.stringify(body));
  expect(bodies.filter((body) => body.includes('"identifier":""'))).toEqual([]);
});

describe('a contact with an EMS id that was given out again', () => {
  const RUI = { name: 'Rui Melo', email: 'rui@x.example', phone_number: '+351912000000' };

  test.each([
    ['in use', false],
    ['marked as removed', true],
  ])('and is %s is another’s, and is not written', async (_, removed) => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    if (removed) await chatwoot.remove('Person', '4711', remoteId);
    await chatwoot.control.clearJournal();
    expect(await chatwoot.send('Person', '4711', RUI)).toEqual({ kind: 'another', remoteId });
    expect(await writes()).toEqual([]);
  });

  test('is the person’s if one thing agrees, or if an earlier attempt has begun and one thing was changed since', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    const { phone_number } = ANA;
    expect(asSent(await chatwoot.sendPerson('4711', { ...RUI, phone_number })).remoteId).toBe(remoteId);
    const named = await chatwoot.send('Person', '4711', { name: 'Ana Costa' }, { begun: true });
    expect(named).toEqual({ kind: 'found', remoteId });
    expect(await chatwoot.send('Person', '4711', { name: 'Ana Costa' })).toEqual({ kind: 'another', remoteId });
  });

  test('goes by the policy for deleted rows, and carries the id no more', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    expect(await chatwoot.remove('Person', '4711', remoteId, { idGoesOn: true })).toEqual({ kept: true });
    const [former] = await contacts();
    expect(former).toMatchObject({ name: 'Ana Silva', custom_attributes: { ems_removed: true } });
    expect(former?.identifier ?? null).toBeNull();
    expect(former?.custom_attributes?.['ems_person_id'] ?? null).toBeNull();
    expect(asSent(await chatwoot.sendPerson('4711', RUI)).remoteId).not.toBe(remoteId);
  });
});

test('custom attributes are defined once, so that agents see them', async () => {
  await chatwoot.sendPerson('4711', ANA);
  await chatwoot.sendPerson('4712', { email: 'rui@x.example' });
  const { definitions } = await chatwoot.control.state();
  expect(Object.values(definitions).map(({ attribute_key }) => attribute_key)).toEqual([
    'ems_person_id',
    'ems_events',
    'ems_language',
    'ems_club',
    'ems_removed',
    'ems_conversation_id',
  ]);
  const defined = (await chatwoot.control.journal()).filter(({ path }) => path.includes('definitions'));
  // One request to list the definitions, and one to create each.
  expect(defined).toHaveLength(7);
  await chatwoot.connect().send({
    type: 'Person',
    key: '4711',
    remoteId: null,
    content: ANA,
    references: new Map(),
    fencingToken: 1n,
    release: false,
  });
  expect(Object.values((await chatwoot.control.state()).definitions)).toHaveLength(6);
});
