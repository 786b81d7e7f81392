import { beforeEach, describe, expect, test } from '@jest/globals';
import { asSent } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, OPTED_OUT, RUI } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const OLD = 'ana@clube.example';
const NEW = 'ana@home.example';
const LATER = 'ana@work.example';

const blockedBy = (key: string) => ({ kind: 'blocked', by: [{ type: 'Person', key }], field: 'email' });

/** Members' addresses with their owner and status. */
const standing = async () =>
  Object.fromEntries(
    (await mailchimp.members()).map(({ email, mergeFields, status }) => [
      email,
      `${JSON.stringify(mergeFields['EMSID'])} ${status}`,
    ]),
  );

/** A change of address that takes effect but whose answer is lost, or that is lost before it takes effect. */
async function lose(email: string, fault: 'failAfter' | 'failBefore' = 'failAfter'): Promise<void> {
  await mailchimp.control.setFaults({ [fault]: { times: 1, match: { method: 'PATCH' } } });
  await expect(mailchimp.send('4711', { ...ANA, email })).rejects.toMatchObject({ errorClass: 'transient' });
}

const moveToNew = () => mailchimp.send('4711', { ...ANA, email: NEW });

/** Another person gives the new address up, and the member there is left to whoever has the address in EMS now. */
async function leaveMember(): Promise<void> {
  asSent(await mailchimp.send('4712', { ...ANA, FNAME: 'Rui', email: NEW }));
  await mailchimp.remove('4712', { shared: [NEW] });
  mailchimp.records.forget('4712');
  expect(await mailchimp.member(NEW)).toMatchObject({ status: 'subscribed' });
}

describe('a new address', () => {
  test('moves the member, with all that it has', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'tag-member', member: hashOf(OLD), add: ['vip'] });
    const before = await mailchimp.member(OLD);
    const { remoteId } = asSent(await mailchimp.send('4711', { ...ANA, email: NEW }));
    expect(remoteId).toBe(hashOf(NEW));
    expect(await standing()).toEqual({ [NEW]: '"4711" subscribed' });
    const after = await mailchimp.member(NEW);
    expect(after).toMatchObject({ contactId: before?.contactId });
    expect(after?.tags).toContain('vip');
  });

  test('whose answer was lost is not moved twice', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await lose(NEW);
    asSent(await mailchimp.send('4711', { ...ANA, email: NEW }));
    expect(await standing()).toEqual({ [NEW]: '"4711" subscribed' });
  });

  test('that was never arrived at, and is a stranger’s by then: that one is left alone', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await lose(NEW, 'failBefore');
    await mailchimp.control.backdoor({ do: 'delete-permanent', member: hashOf(OLD) });
    await mailchimp.control.backdoor({ do: 'create-member', email: NEW, status: 'subscribed', by: 'user' });
    await mailchimp.remove('4711');
    expect(await mailchimp.erase('4711', {})).toMatchObject({ outcome: 'absent' });
    expect(await mailchimp.member(NEW)).toMatchObject({ status: 'subscribed' });
  });

  describe('whose answer was lost', () => {
    beforeEach(async () => {
      asSent(await mailchimp.send('4711', ANA));
      await lose(NEW);
    });

    test.each([
      ['another one', LATER],
      ['the old one', OLD],
    ])('and then %s: one member, not two', async (_, email) => {
      asSent(await mailchimp.send('4711', { ...ANA, email }));
      expect(await standing()).toEqual({ [email]: '"4711" subscribed' });
    });

    test('and then the old one in a list call: one member, not two', async () => {
      asSent((await mailchimp.sendMany([mailchimp.request('4711', ANA)]))[0]);
      expect(await standing()).toEqual({ [OLD]: '"4711" subscribed' });
    });

    test('and then another one, whose answer is lost as well: one member still', async () => {
      await lose(LATER);
      asSent(await mailchimp.send('4711', { ...ANA, email: OLD }));
      expect(await standing()).toEqual({ [OLD]: '"4711" subscribed' });
    });

    test('and then another one that is cut before it arrives: one member still', async () => {
      await lose(LATER, 'failBefore');
      asSent(await mailchimp.send('4711', { ...ANA, email: LATER }));
      expect(await standing()).toEqual({ [LATER]: '"4711" subscribed' });
    });

    test('and then an opt-out, with yet another one: the member that is mailed is unsubscribed', async () => {
      await mailchimp.send('4711', { ...ANA, ...OPTED_OUT, email: LATER });
      expect(await standing()).toEqual({ [NEW]: '"4711" unsubscribed' });
    });

    test('and then EMS’s row is deleted: the member is put away', async () => {
      await mailchimp.remove('4711');
      expect(await standing()).toEqual({ [NEW]: '"4711" archived' });
    });

    test('and then EMS’s row is deleted, and erased: nothing is left', async () => {
      expect(await mailchimp.erase('4711', {})).toMatchObject({ outcome: 'erased', addresses: [['email', NEW]] });
      expect(await standing()).toEqual({});
    });
  });

  test('that is a member already: that one goes on, and the old one is put away', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'create-member', email: NEW, tags: ['vip'] });
    asSent(await mailchimp.send('4711', { ...ANA, email: NEW }));
    expect(await standing()).toEqual({ [OLD]: '"4711" archived', [NEW]: '"4711" subscribed' });
    expect((await mailchimp.member(NEW))?.tags).toContain('vip');
  });

  test('that is a member who refuses is not written to, and the old one is not mailed any more', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'create-member', email: NEW, status: 'unsubscribed', by: 'user' });
    expect(await mailchimp.send('4711', { ...ANA, email: NEW })).toMatchObject({
      kind: 'withheld',
      refusals: [{ channel: 'email', reason: 'unsubscribed' }],
    });
    expect(await mailchimp.member(OLD)).toMatchObject({ status: 'archived' });
    expect(await mailchimp.member(NEW)).toMatchObject({ status: 'unsubscribed' });
  });

  test('of who had refused at the old one is not begun at', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: hashOf(OLD) });
    expect(await mailchimp.send('4711', { ...ANA, email: NEW })).toMatchObject({
      kind: 'withheld',
      remoteId: hashOf(OLD),
      refusals: [{ channel: 'email', reason: 'unsubscribed' }],
    });
    expect(await mailchimp.member(NEW)).toBeNull();
  });

  describe('where another person has left a member to somebody who has refused at the old one', () => {
    beforeEach(async () => {
      asSent(await mailchimp.send('4711', ANA));
      await mailchimp.control.backdoor({ do: 'unsubscribe', member: hashOf(OLD) });
    });

    test.each([
      ['the refusal is met when the person is sent', moveToNew],
      ['the refusal was read by a poll', () => mailchimp.optOut('4711', [], { email: NEW })],
    ])('it is put away: %s', async (_when, act) => {
      await leaveMember();
      await act();
      expect(await standing()).toEqual({ [OLD]: '"4711" unsubscribed', [NEW]: '"4712" archived' });
    });

    test('who signed up there without EMS stays', async () => {
      await mailchimp.control.backdoor({ do: 'create-member', email: NEW });
      await moveToNew();
      await mailchimp.optOut('4711', [], { email: NEW });
      expect(await mailchimp.member(NEW)).toMatchObject({ status: 'subscribed' });
    });

    test('a third person’s stays', async () => {
      asSent(await mailchimp.send('4713', { ...ANA, FNAME: 'Eva', email: NEW }));
      await moveToNew();
      await mailchimp.optOut('4711', [], { email: NEW });
      expect(await mailchimp.member(NEW)).toMatchObject({ status: 'subscribed' });
    });
  });

  test('that was erased once is refused for good, and the old one is put away', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'forget', email: NEW });
    expect(await mailchimp.send('4711', { ...ANA, email: NEW })).toMatchObject({
      kind: 'withheld',
      remoteId: null,
      refusals: [{ channel: 'email', reason: 'forgotten' }],
    });
    expect(await standing()).toEqual({ [OLD]: '"4711" archived' });
  });

  test('together with a no: the no goes first, at the address that is mailed so far', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.clearJournal();
    await mailchimp.send('4711', { ...ANA, ...OPTED_OUT, email: NEW });
    const [first] = await mailchimp.control.journal({ writesOnly: true });
    expect(first).toMatchObject({ method: 'PATCH', body: { status: 'unsubscribed' } });
    expect(first?.path).toContain(hashOf(OLD));
    expect(await standing()).toEqual({ [OLD]: '"4711" unsubscribed' });
  });

  test('where the old one is another person’s too is a member of its own', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4711', { ...ANA, email: NEW }, { shared: [OLD] }));
    expect(await standing()).toEqual({ [OLD]: '"4711" subscribed', [NEW]: '"4711" subscribed' });
    mailchimp.records.forget('4712');
    asSent(await mailchimp.send('4712', { ...RUI, email: OLD }));
    expect(await standing()).toEqual({ [OLD]: '"4712" subscribed', [NEW]: '"4711" subscribed' });
  });
});

describe('an address that another person of EMS holds', () => {
  test('is waited for, and nothing is written', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4712', RUI));
    await mailchimp.control.clearJournal();
    expect(await mailchimp.send('4711', { ...ANA, email: 'rui@clube.example' })).toMatchObject(blockedBy('4712'));
    expect(await mailchimp.writes()).toEqual([]);
  });

  test('two who swap: one lets go, the other moves, then it is the first one’s turn', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4712', RUI));
    const ana = { ...ANA, email: 'rui@clube.example' };
    const rui = { ...RUI, email: OLD };
    expect(await mailchimp.send('4711', ana)).toMatchObject(blockedBy('4712'));
    expect(await mailchimp.send('4712', rui, { release: true })).toEqual({ kind: 'released', remoteId: null });
    asSent(await mailchimp.send('4711', ana, { shared: [OLD] }));
    asSent(await mailchimp.send('4712', rui));
    const members = await mailchimp.members();
    const live = members.filter(({ status }) => status === 'subscribed');
    expect(Object.fromEntries(live.map(({ email, mergeFields }) => [email, mergeFields['EMSID']]))).toEqual({
      'rui@clube.example': '4711',
      [OLD]: '4712',
    });
    expect(await mailchimp.member(OLD)).toMatchObject({ mergeFields: { FNAME: 'Rui' } });
  });
});

describe('who is asked to release it', () => {
  const swapped = { ...ANA, email: 'rui@clube.example' };

  test('and has a free address of its own is sent in full', async () => {
    asSent(await mailchimp.send('4711', ANA));
    const sent = asSent(await mailchimp.send('4711', { ...ANA, email: NEW }, { release: true }));
    expect(sent).toMatchObject({ remoteId: hashOf(NEW), stored: { email: NEW } });
    expect(await standing()).toEqual({ [NEW]: '"4711" subscribed' });
  });

  test('and has refused at the member that it lets go of takes the refusal along', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4712', RUI));
    await mailchimp.control.backdoor({ do: 'unsubscribe', member: hashOf(OLD) });
    expect(await mailchimp.send('4711', swapped, { release: true })).toEqual({
      kind: 'withheld',
      remoteId: null,
      refusals: [{ channel: 'email', reason: 'unsubscribed' }],
    });
    expect(await standing()).toEqual({
      [OLD]: '"4711" unsubscribed',
      'rui@clube.example': '"4712" subscribed',
    });
  });

  test('and is no member any more has nothing to let go of', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4712', RUI));
    await mailchimp.control.backdoor({ do: 'delete-permanent', member: hashOf(OLD) });
    expect(await mailchimp.send('4711', swapped, { release: true })).toEqual({ kind: 'released', remoteId: null });
    expect(await mailchimp.send('4711', swapped)).toMatchObject(blockedBy('4712'));
  });
});

describe('an erasure', () => {
  test('is MailChimp’s strongest deletion, of every address of the person’s, and tells them', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'create-member', email: NEW });
    await mailchimp.control.backdoor({ do: 'create-member', email: 'rui@clube.example' });
    const erased = await mailchimp.erase('4711', { email: ` ${NEW.toUpperCase()} ` });
    expect(erased).toMatchObject({ outcome: 'erased' });
    expect(erased?.addresses).toEqual([
      ['email', OLD],
      ['email', NEW],
    ]);
    expect(erased?.detail).not.toMatch(/@|[0-9a-f]{32}/);
    expect((await mailchimp.members()).map(({ email }) => email)).toEqual(['rui@clube.example']);
    expect((await mailchimp.control.state()).forgotten.toSorted()).toEqual([hashOf(OLD), hashOf(NEW)].toSorted());
    expect(await mailchimp.erase('4711', { email: NEW })).toMatchObject({ outcome: 'absent', addresses: [] });
  });

  test('leaves alone what another person of EMS has, though EMS holds its address for this one by now', async () => {
    asSent(await mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4712', RUI));
    const erased = await mailchimp.erase('4711', { email: 'rui@clube.example' });
    expect(erased).toMatchObject({ outcome: 'erased', addresses: [['email', OLD]] });
    expect(await standing()).toEqual({ 'rui@clube.example': '"4712" subscribed' });
    expect((await mailchimp.control.state()).forgotten).toEqual([hashOf(OLD)]);
  });

  test('cannot be undone by any write: the address is withheld as forgotten', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.erase('4711', { email: OLD });
    mailchimp.records.forget('4711');
    const forgotten = { kind: 'withheld', refusals: [{ channel: 'email', reason: 'forgotten' }] };
    expect(await mailchimp.send('4711', ANA)).toMatchObject(forgotten);
    expect(await mailchimp.sendMany([mailchimp.request('4712', ANA)])).toMatchObject([forgotten]);
    expect(await mailchimp.members()).toEqual([]);
  });
});
