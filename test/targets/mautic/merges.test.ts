import { describe, expect, test } from '@jest/globals';
import type { Content } from '../../../sync/content-hash.ts';
import { asSent, failureOf, type Sent } from '../results.ts';
import { ANA, mauticUnderTest, NOBODY, OPTED_IN } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const RUI: Content = { ...NOBODY, ...OPTED_IN, lastname: 'Costa', email: 'rui@clube.example' };

const blockedBy = (key: string) => ({ kind: 'blocked', by: [{ type: 'Person', key }] });

const held = async () =>
  (await mautic.contacts()).map(({ id, fields }) => [id, fields['ems_person_id'], fields['email'], fields['lastname']]);

/** Creates the contacts of Ana and Rui; then staff merge them by mistake, and Rui's disappears into Ana's. */
async function merged(): Promise<{ readonly ana: Sent; readonly rui: Sent }> {
  const ana = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
  const rui = asSent(await mautic.send('4712', RUI));
  await merge(rui, ana);
  await mautic.control.clearJournal();
  return { ana, rui };
}

const merge = (loser: Sent, winner: Sent) =>
  mautic.control.backdoor({
    do: 'merge-contacts',
    winner: Number(winner.remoteId),
    loser: Number(loser.remoteId),
  });

describe('two persons of EMS whose contacts staff have merged', () => {
  test('are not written over one another: the one without a contact waits, writes nothing, and gets one of its own', async () => {
    const { ana, rui } = await merged();
    expect(await mautic.send('4712', { ...RUI, city: 'Faro' })).toMatchObject(blockedBy('4711'));
    expect(await mautic.writes()).toEqual([]);
    expect(asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, { release: true })).remoteId).toBe(ana.remoteId);
    const again = asSent(await mautic.send('4712', { ...RUI, city: 'Faro' }));
    expect([ana.remoteId, rui.remoteId]).not.toContain(again.remoteId);
    for (const round of ['Faro', 'Lagos', 'Porto']) {
      asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN, city: round }));
      asSent(await mautic.send('4712', { ...RUI, city: round }));
    }
    expect(await held()).toEqual([
      [Number(ana.remoteId), '4711', 'ana@clube.example', 'Silva'],
      [Number(again.remoteId), '4712', 'rui@clube.example', 'Costa'],
    ]);
  });

  test('go alone where many are sent in one call, and harm no other', async () => {
    const { ana } = await merged();
    const zoe = { ...NOBODY, ...OPTED_IN, email: 'zoe@clube.example' };
    const [first, second] = await mautic.sendMany([
      mautic.request('4712', { ...RUI, city: 'Faro' }),
      mautic.request('4713', zoe),
    ]);
    expect(first).toMatchObject(blockedBy('4711'));
    asSent(second);
    asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, { release: true }));
    const [again] = await mautic.sendMany([mautic.request('4712', { ...RUI, city: 'Faro' })]);
    expect(asSent(again).remoteId).not.toBe(ana.remoteId);
    expect((await mautic.contact(ana.remoteId))?.fields).toMatchObject({ lastname: 'Silva', ems_person_id: '4711' });
  });

  test('keep what either has refused, both of them', async () => {
    const ana = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    const rui = asSent(await mautic.send('4712', RUI));
    await mautic.control.backdoor({ do: 'unsubscribe', contact: Number(ana.remoteId), channel: 'sms' });
    await mautic.control.backdoor({ do: 'bounce', contact: Number(rui.remoteId) });
    // The refusals of the merged contact are lost with it.
    await merge(rui, ana);
    const suppressions = [{ channel: 'email', reason: 'bounced' }] as const;
    expect(await mautic.send('4712', RUI, { suppressions })).toMatchObject(blockedBy('4711'));
    const first = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, { release: true }));
    const second = asSent(await mautic.send('4712', RUI, { suppressions }));
    for (const { remoteId } of [first, second])
      expect((await mautic.contact(remoteId))?.doNotContact.map(({ channel, reason }) => [channel, reason])).toEqual(
        expect.arrayContaining([
          ['email', 2],
          ['sms', 1],
        ]),
      );
    expect(first.refusals).toHaveLength(2);
    expect(second.refusals).toHaveLength(2);
  });

  test('are removed one without the other', async () => {
    const { ana } = await merged();
    expect(await mautic.remove('4712')).toEqual({});
    expect(await mautic.writes()).toEqual([]);
    expect(await mautic.contact(ana.remoteId)).toBeDefined();
  });

  test('are erased one without the other, and the receipt says where to look', async () => {
    const { ana } = await merged();
    const erased = await mautic.erase('4712', { email: 'rui@clube.example' });
    expect(erased).toMatchObject({ outcome: 'kept' });
    expect(erased?.detail).toContain(`merged into contact ${ana.remoteId}`);
    expect(await mautic.writes()).toEqual([]);
  });

  test('say no one without the other', async () => {
    const { ana } = await merged();
    await mautic.optOut('4712', ['email'], { email: 'rui@clube.example' });
    expect(await mautic.writes()).toEqual([]);
    await mautic.optOut('4711', ['email'], { email: 'ana@clube.example' });
    expect((await mautic.contact(ana.remoteId))?.doNotContact).toEqual([]);
  });

  test('are told apart whichever of them is left', async () => {
    const ana = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    const rui = asSent(await mautic.send('4712', RUI));
    await merge(ana, rui);
    await mautic.control.backdoor({
      do: 'edit-contact',
      contact: Number(rui.remoteId),
      set: { ems_person_id: '4711', email: 'ana@clube.example' },
    });
    expect(await mautic.send('4711', { ...ANA, ...OPTED_IN })).toMatchObject(blockedBy('4712'));
    expect(asSent(await mautic.send('4712', RUI, { release: true })).remoteId).toBe(rui.remoteId);
    expect(asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN })).remoteId).not.toBe(rui.remoteId);
    expect((await held()).map(([, key, email]) => [key, email])).toEqual([
      ['4712', 'rui@clube.example'],
      ['4711', 'ana@clube.example'],
    ]);
  });
});

describe('a contact that carries another EMS id without a merge', () => {
  test.each(['one', 'many'] as const)('has changed hands: nothing is written to it, sent as %s', async (how) => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    await mautic.control.backdoor({
      do: 'edit-contact',
      contact: Number(remoteId),
      set: { ems_person_id: '12', email: 'stranger@clube.example', lastname: 'Stranger' },
    });
    await mautic.control.clearJournal();
    const content = { ...ANA, ...OPTED_IN, city: 'Faro' };
    const failure =
      how === 'one'
        ? await failureOf(mautic.send('4711', content))
        : (await mautic.sendMany([mautic.request('4711', content)]))[0];
    expect(failure).toMatchObject({ errorClass: 'rejected', code: 'changed-hands', field: 'ems_person_id' });
    expect(failure).toMatchObject({ message: expect.stringContaining('Person/12') });
    expect(failure).toMatchObject({ message: expect.not.stringContaining('Stranger') });
    await mautic.remove('4711');
    await mautic.erase('4711', {});
    expect(await mautic.writes()).toEqual([]);
  });

  test('is not matched by its address in a call with many', async () => {
    const set = { ems_person_id: '12', email: 'rui@clube.example', lastname: 'Stranger' };
    const { contact } = await mautic.control.backdoor({ do: 'create-contact', set });
    await mautic.control.clearJournal();
    const [result] = await mautic.sendMany([mautic.request('4712', RUI)]);
    expect(result).toMatchObject(blockedBy('12'));
    expect(await mautic.writes()).toEqual([]);
    expect((await mautic.contact(contact))?.fields).toMatchObject(set);
  });

  test('that has lost its EMS id, and nothing else, is ours', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    await mautic.control.backdoor({ do: 'edit-contact', contact: Number(remoteId), set: { ems_person_id: null } });
    expect(asSent(await mautic.send('4711', { ...ANA, city: 'Faro' })).remoteId).toBe(remoteId);
    expect((await mautic.contact(remoteId))?.fields).toMatchObject({ ems_person_id: '4711', city: 'Faro' });
  });
});
