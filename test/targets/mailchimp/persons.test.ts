import { describe, expect, test } from '@jest/globals';
import { asSent, failureOf } from '../results.ts';
import { ANA, hashOf, mailchimpUnderTest, NOBODY } from './mailchimp-under-test.ts';

const mailchimp = mailchimpUnderTest();

const EMAIL = 'ana@clube.example';

describe('a new person', () => {
  test('is a member with all that EMS holds, put in by status_if_new', async () => {
    const sent = asSent(await mailchimp.send('4711', ANA));
    expect(sent).toMatchObject({ remoteId: hashOf(EMAIL), remoteModifiedOn: null, stored: { status: 'subscribed' } });
    expect(await mailchimp.member(EMAIL)).toMatchObject({
      email: EMAIL,
      status: 'subscribed',
      mergeFields: {
        FNAME: 'Ana',
        LNAME: 'Silva',
        PHONE: '+351912345678',
        BDATE: '1988-02-29',
        EMSID: '4711',
        ADDRESS: { addr1: 'Rua Nova 1', city: 'Porto', state: 'Porto', zip: '4000-100', country: 'PT' },
      },
      language: 'pt_PT',
      interests: ['NEWSLETTER'],
      tags: ['ems', 'event:12'],
    });
    const [put] = await mailchimp.control.journal({ writesOnly: true });
    expect(put?.body).toMatchObject({ status_if_new: 'subscribed' });
    expect(put?.body).not.toHaveProperty('status');
  });

  test('who does not want to be in it is not put in', async () => {
    const nobody = { kind: 'withheld', remoteId: null, refusals: [] };
    expect(await mailchimp.send('4711', { ...ANA, consent: 'unsubscribed' })).toEqual(nobody);
    expect(await mailchimp.send('4712', { ...ANA, consent: null })).toEqual(nobody);
    expect(await mailchimp.writes()).toEqual([]);
  });

  test('matches the member that has the address, and what is not EMS’s stays', async () => {
    await mailchimp.control.backdoor({ do: 'create-merge-field', tag: 'CLUB' });
    await mailchimp.control.backdoor({ do: 'create-interests', category: 'Colours', interests: ['blue'] });
    await mailchimp.control.backdoor({
      do: 'create-member',
      email: 'Ana@Clube.example',
      set: { merge_fields: { CLUB: 'Harbour', FNAME: 'Old' } },
      tags: ['vip', 'event:9'],
    });
    const { Colours } = (await mailchimp.control.state()).interests;
    const set = { interests: { [Colours?.['blue'] ?? '']: true } };
    await mailchimp.control.backdoor({ do: 'edit-member', member: hashOf(EMAIL), set });
    asSent(await mailchimp.send('4711', ANA));
    const member = await mailchimp.member(EMAIL);
    expect(member?.mergeFields).toMatchObject({ CLUB: 'Harbour', FNAME: 'Ana', EMSID: '4711' });
    expect(member?.tags.toSorted()).toEqual(['ems', 'event:12', 'vip']);
    expect(member?.interests.toSorted()).toEqual(['NEWSLETTER', 'blue']);
    expect(await mailchimp.members()).toHaveLength(1);
  });
});

describe('a change', () => {
  test('blanks what EMS has no more, and touches no status', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.clearJournal();
    asSent(await mailchimp.send('4711', { ...NOBODY, email: EMAIL, consent: 'subscribed' }));
    const blank = { FNAME: '', LNAME: '', PHONE: '', BDATE: '', ADDRESS: '', EMSID: '4711' };
    expect((await mailchimp.member(EMAIL))?.mergeFields).toMatchObject(blank);
    expect(await mailchimp.member(EMAIL)).toMatchObject({ status: 'subscribed', interests: [], tags: ['ems'] });
    for (const { body } of await mailchimp.control.journal({ writesOnly: true })) {
      expect(body).not.toHaveProperty('status');
      expect(body).not.toHaveProperty('status_if_new');
    }
  });

  test('of topics, tags and language arrives; a language that MailChimp has not is left as it is', async () => {
    asSent(await mailchimp.send('4711', ANA));
    const topics = new Set(['OFFERS', 'RESULTS']);
    asSent(
      await mailchimp.send('4711', { ...ANA, topics, tags: new Set(['ems', 'event:7', 'event:8']), language: 'de' }),
    );
    expect(await mailchimp.member(EMAIL)).toMatchObject({
      interests: ['OFFERS', 'RESULTS'],
      tags: expect.arrayContaining(['ems', 'event:7', 'event:8']),
      language: 'de',
    });
    expect((await mailchimp.member(EMAIL))?.tags).toHaveLength(3);
    asSent(await mailchimp.send('4711', { ...ANA, language: null }));
    expect(await mailchimp.member(EMAIL)).toMatchObject({ language: 'de' });
  });

  test('tags beyond the fifty that a member shows are seen, and none is set twice', async () => {
    const many = new Set(['ems', ...Array.from({ length: 80 }, (_, n) => `event:${n + 1}`)]);
    asSent(await mailchimp.send('4711', { ...ANA, tags: many }));
    expect((await mailchimp.member(EMAIL))?.tags).toHaveLength(81);
    await mailchimp.control.clearJournal();
    asSent(await mailchimp.send('4711', { ...ANA, tags: many, FNAME: 'Eva' }));
    expect(await mailchimp.writes()).toEqual(['PUT list/members/HASH']);
  });

  test('when the tags fail after the member was written, the next attempt sets them (pitfall 40)', async () => {
    await mailchimp.control.setFaults({
      respond: { status: 500, match: { prefix: `/3.0/lists/${mailchimp.started.list}/members/${hashOf(EMAIL)}/tags` } },
    });
    expect(await failureOf(mailchimp.send('4711', ANA))).toMatchObject({ errorClass: 'transient' });
    expect(await mailchimp.member(EMAIL)).toMatchObject({ tags: [] });
    await mailchimp.control.clearFaults();
    asSent(await mailchimp.send('4711', ANA));
    expect(await mailchimp.member(EMAIL)).toMatchObject({ tags: ['ems', 'event:12'], status: 'subscribed' });
  });

  test('an answer that was lost is no second member', async () => {
    await mailchimp.control.setFaults({ failAfter: { times: 1, match: { method: 'PUT' } } });
    await failureOf(mailchimp.send('4711', ANA));
    asSent(await mailchimp.send('4711', ANA));
    expect(await mailchimp.members()).toHaveLength(1);
  });
});

describe('a person who leaves', () => {
  test('is archived, and once more is no error', async () => {
    asSent(await mailchimp.send('4711', ANA));
    expect(await mailchimp.remove('4711')).toEqual({ left: { addresses: { email: EMAIL }, refusals: [] } });
    expect(await mailchimp.member(EMAIL)).toMatchObject({ status: 'archived' });
    expect(await mailchimp.remove('4711')).toEqual({});
    expect(await mailchimp.remove('12')).toEqual({});
  });

  test('reports what was refused there, for an archived member does not tell', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.control.backdoor({ do: 'clean', member: hashOf(EMAIL) });
    expect(await mailchimp.remove('4711')).toEqual({
      left: { addresses: { email: EMAIL }, refusals: [{ channel: 'email', reason: 'bounced' }] },
    });
  });

  test('leaves it to whoever has the address too', async () => {
    asSent(await mailchimp.send('4711', ANA));
    await mailchimp.remove('4711', { shared: [EMAIL] });
    expect(await mailchimp.member(EMAIL)).toMatchObject({ status: 'subscribed' });
    mailchimp.records.forget('4711');
    asSent(await mailchimp.send('4712', { ...ANA, FNAME: 'Rui' }));
    expect((await mailchimp.member(EMAIL))?.mergeFields).toMatchObject({ EMSID: '4712', FNAME: 'Rui' });
  });
});

test('types other than persons are not of MailChimp', async () => {
  await expect(mailchimp.remote().send({ ...mailchimp.request('1', ANA), type: 'Race' })).rejects.toThrow(RangeError);
});
