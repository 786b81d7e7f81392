import { describe, expect, test } from '@jest/globals';
import { asSent, failureOf } from '../results.ts';
import { ANA, mauticUnderTest, NOBODY } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const RUI = { ...NOBODY, lastname: 'Costa', email: 'rui@clube.example' };

const blockedBy = (key: string) => ({ kind: 'blocked', by: [{ type: 'Person', key }], field: 'email' });

const emails = async () =>
  Object.fromEntries((await mautic.contacts()).map(({ fields }) => [fields['ems_person_id'], fields['email']]));

describe.each(['4', '5'] as const)('version %s', (version) => {
  const prepare = async () => mautic.control.setSettings({ version });

  test('a new address moves with its contact', async () => {
    await prepare();
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    expect(asSent(await mautic.send('4711', { ...ANA, email: 'ana@home.example' })).remoteId).toBe(remoteId);
    expect(asSent(await mautic.send('4711', ANA)).remoteId).toBe(remoteId);
    expect(await emails()).toEqual({ 4711: 'ana@clube.example' });
  });

  test('an address that another person of EMS holds is waited for, and nothing is written', async () => {
    await prepare();
    asSent(await mautic.send('4711', ANA));
    asSent(await mautic.send('4712', RUI));
    await mautic.control.clearJournal();
    expect(await mautic.send('4711', { ...ANA, email: 'rui@clube.example' })).toMatchObject(blockedBy('4712'));
    expect(await mautic.send('4713', { ...NOBODY, email: 'rui@clube.example' })).toMatchObject(blockedBy('4712'));
    expect(await mautic.writes()).toEqual([]);
    expect(await emails()).toEqual({ 4711: 'ana@clube.example', 4712: 'rui@clube.example' });
  });

  test('two who swap addresses: one lets go, the other gets it, then it is the first one’s turn', async () => {
    await prepare();
    const ana = asSent(await mautic.send('4711', ANA));
    const rui = asSent(await mautic.send('4712', RUI));
    const swapped = { ana: { ...ANA, email: 'rui@clube.example' }, rui: { ...RUI, email: 'ana@clube.example' } };
    expect(await mautic.send('4711', swapped.ana)).toMatchObject(blockedBy('4712'));
    const answer = await mautic.send('4712', swapped.rui, { release: true });
    expect(answer).toEqual({ kind: 'released', remoteId: rui.remoteId });
    expect(await emails()).toEqual({ 4711: 'ana@clube.example' });
    expect(asSent(await mautic.send('4711', swapped.ana)).remoteId).toBe(ana.remoteId);
    expect(asSent(await mautic.send('4712', swapped.rui)).remoteId).toBe(rui.remoteId);
    expect(await emails()).toEqual({ 4711: 'rui@clube.example', 4712: 'ana@clube.example' });
    expect((await mautic.contact(rui.remoteId))?.fields).toMatchObject({ lastname: 'Costa' });
  });

  test('who is asked to release it and has a free address of its own is sent in full', async () => {
    await prepare();
    asSent(await mautic.send('4711', ANA));
    const sent = asSent(await mautic.send('4711', { ...ANA, email: 'ana@home.example' }, { release: true }));
    expect(sent.stored).toMatchObject({ email: 'ana@home.example' });
  });

  test('who is asked to release it and has gone from Mautic holds nothing any more', async () => {
    await prepare();
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    asSent(await mautic.send('4712', RUI));
    await mautic.control.backdoor({ do: 'delete-contact', contact: Number(remoteId) });
    const result = await mautic.send('4711', { ...ANA, email: 'rui@clube.example' }, { release: true });
    expect(result).toMatchObject(blockedBy('4712'));
  });
});

test('version 5 does not let a contact of marketing’s be joined: it is named, for a human to merge', async () => {
  const { remoteId } = asSent(await mautic.send('4711', ANA));
  const { contact } = await mautic.control.backdoor({ do: 'create-contact', set: { email: 'rui@clube.example' } });
  const failure = await failureOf(mautic.send('4711', { ...ANA, email: 'rui@clube.example' }));
  expect(failure).toMatchObject({ errorClass: 'rejected', code: 'must-be-unique', field: 'email' });
  expect(failure.message).toContain(`held by contact ${contact} as well; merge into contact ${remoteId} in Mautic`);
  expect(failure.message).not.toContain('rui@');
  await mautic.control.backdoor({ do: 'merge-contacts', winner: Number(remoteId), loser: contact });
  asSent(await mautic.send('4711', { ...ANA, email: 'rui@clube.example' }));
});

test('version 4 joins the two, under whichever id is the older, and no refusal of either gets lost', async () => {
  await mautic.control.setSettings({ version: '4' });
  const set = { email: 'rui@clube.example', company: 'Harbour' };
  const { contact } = await mautic.control.backdoor({ do: 'create-contact', set });
  const { remoteId } = asSent(await mautic.send('4711', ANA));
  await mautic.control.backdoor({ do: 'unsubscribe', contact: Number(remoteId), channel: 'sms' });
  const { contact: newer } = await mautic.control.backdoor({ do: 'create-contact', set: { email: 'ana@new.example' } });
  await mautic.control.backdoor({ do: 'bounce', contact: newer });

  const older = asSent(
    await mautic.send(
      '4711',
      { ...ANA, email: 'rui@clube.example' },
      { suppressions: [{ channel: 'sms', reason: 'unsubscribed' }] },
    ),
  );
  expect(older.remoteId).toBe(String(contact));
  expect(older.refusals).toEqual([{ channel: 'sms', reason: 'unsubscribed' }]);
  const again = asSent(await mautic.send('4711', { ...ANA, email: 'ana@new.example' }));
  expect(again.remoteId).toBe(String(contact));
  expect(again.refusals).toEqual(
    expect.arrayContaining([
      { channel: 'sms', reason: 'unsubscribed' },
      { channel: 'email', reason: 'bounced' },
    ]),
  );
  expect(await mautic.contacts()).toMatchObject([{ id: contact, fields: { company: 'Harbour', lastname: 'Silva' } }]);
});

test('another contact with the EMS id of a person whose answer was lost is that person’s', async () => {
  asSent(await mautic.send('4712', { ...RUI, email: 'ana@home.example' }));
  mautic.records.forget('4712');
  asSent(await mautic.send('4711', ANA));
  const moved = { ...ANA, email: 'ana@home.example' };
  expect(await mautic.send('4711', moved)).toMatchObject(blockedBy('4712'));
  asSent(await mautic.send('4712', RUI, { release: true }));
  asSent(await mautic.send('4711', moved));
  expect(await emails()).toEqual({ 4711: 'ana@home.example', 4712: 'rui@clube.example' });
});

test('a bounce that came before the new address is told with the address that bounced', async () => {
  const { remoteId } = asSent(await mautic.send('4711', ANA));
  await mautic.control.backdoor({ do: 'bounce', contact: Number(remoteId) });
  expect(asSent(await mautic.send('4711', { ...ANA, email: 'ana@home.example' }))).toMatchObject({
    refusals: [{ channel: 'email', reason: 'bounced' }],
    formerAddresses: { email: 'ana@clube.example' },
  });
});

describe('a person who leaves', () => {
  test('takes the contact along; once more is no error', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    await mautic.control.backdoor({ do: 'bounce', contact: Number(remoteId) });
    expect(await mautic.remove('4711')).toEqual({
      left: {
        addresses: { email: 'ana@clube.example', sms: '+351912345678', written: '+351912345678' },
        refusals: [{ channel: 'email', reason: 'bounced' }],
      },
    });
    expect(await mautic.contacts()).toEqual([]);
    expect(await mautic.remove('4711')).toEqual({});
  });

  test('leaves it to whoever has the address too, who matches it with all that it has refused', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    await mautic.control.backdoor({ do: 'unsubscribe', contact: Number(remoteId) });
    const { left } = (await mautic.remove('4711', { shared: ['ana@clube.example'] })) ?? {};
    expect(left?.refusals).toEqual([{ channel: 'email', reason: 'unsubscribed' }]);
    mautic.records.forget('4711');
    expect((await mautic.contact(remoteId))?.fields).not.toHaveProperty('ems_person_id');
    const suppressions = left?.refusals ?? [];
    const next = asSent(await mautic.send('4712', { ...RUI, email: 'ana@clube.example' }, { suppressions }));
    expect(next).toMatchObject({ remoteId, refusals: suppressions });
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [{ channel: 'email', reason: 1 }] });
  });

  test('does not take a contact along that is another person’s by now', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    const contact = Number(remoteId);
    await mautic.control.backdoor({ do: 'edit-contact', contact, set: { ems_person_id: '12' } });
    expect(await mautic.remove('4711')).toEqual({});
    expect(await mautic.contacts()).toHaveLength(1);
  });

  test('whose create was never answered is found by the EMS id', async () => {
    asSent(await mautic.send('4711', ANA));
    mautic.records.forget('4711');
    await mautic.remove('4711');
    expect(await mautic.contacts()).toEqual([]);
  });
});

describe('an erasure', () => {
  test('deletes whatever has the EMS id or an address of the person’s, and tells every address', async () => {
    asSent(await mautic.send('4711', ANA));
    await mautic.control.backdoor({
      do: 'create-contact',
      set: { email: 'ANA@clube.example', mobile: '+351910000000' },
    });
    await mautic.control.backdoor({ do: 'create-contact', set: { email: 'ana@home.example' } });
    await mautic.control.backdoor({ do: 'create-contact', set: { email: 'rui@clube.example' } });
    const erased = await mautic.erase('4711', { email: ' Ana@Home.example ' });
    expect(erased?.outcome).toBe('erased');
    expect(erased?.addresses).toEqual(
      expect.arrayContaining([
        ['email', 'ana@clube.example'],
        ['email', 'ana@home.example'],
        ['sms', '+351912345678'],
        ['sms', '+351910000000'],
      ]),
    );
    expect((await mautic.contacts()).map(({ fields }) => fields['email'])).toEqual(['rui@clube.example']);
    expect(erased?.detail).not.toContain('@');
    expect(await mautic.erase('4711', { email: 'ana@home.example' })).toMatchObject({
      outcome: 'absent',
      addresses: [],
    });
  });

  test('leaves alone what another person of EMS has', async () => {
    asSent(await mautic.send('4711', ANA));
    const { remoteId } = asSent(await mautic.send('4712', RUI));
    await mautic.erase('4711', { email: 'rui@clube.example' });
    expect(await mautic.contacts()).toMatchObject([{ id: Number(remoteId), fields: { ems_person_id: '4712' } }]);
  });
});
