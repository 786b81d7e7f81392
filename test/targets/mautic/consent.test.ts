import { describe, expect, test } from '@jest/globals';
import type { Content } from '../../../sync/content-hash.ts';
import type { Suppression } from '../../../sync/suppression.ts';
import { asSent, type More } from '../results.ts';
import { ANA, mauticUnderTest, OPTED_IN, OPTED_OUT } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const by = {
  nobody: null,
  'the person': { do: 'unsubscribe', reason: 1, refused: 'unsubscribed' },
  'a bounce': { do: 'bounce', reason: 2, refused: 'bounced' },
  'Mautic’s staff': { do: 'do-not-contact', reason: 3, refused: 'manual' },
} as const;

const TABLE = Object.entries(by).flatMap(([who, act]) =>
  (['update', 'opt-in', 'opt-out', 'bulk', 'match'] as const).map((what) => [who, what, act] as const),
);

const SENT: Readonly<Record<string, Content>> = {
  update: { ...OPTED_IN, lastname: 'Sousa' },
  'opt-in': { consent: { email: 'in' }, topics: new Set(['NEWSLETTER', 'OFFERS']) },
  'opt-out': OPTED_OUT,
  bulk: { ...OPTED_IN, lastname: 'Sousa' },
  match: OPTED_IN,
};

const topics = (...names: string[]): Content => ({ ...ANA, consent: { email: 'in' }, topics: new Set(names) });

describe.each(['4', '5'] as const)('consent at version %s', (version) => {
  test.each(TABLE)('refused by %s, then %s', async (_, what, act) => {
    await mautic.control.setSettings({ version });
    const content = { ...ANA, ...SENT[what] };
    const contact =
      what === 'match'
        ? (await mautic.control.backdoor({ do: 'create-contact', set: { email: 'ana@clube.example' } })).contact
        : Number(asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN })).remoteId);
    if (act !== null) await mautic.control.backdoor({ do: act.do, contact });
    const sent = asSent(
      what === 'bulk'
        ? (await mautic.sendMany([mautic.request('4711', content)]))[0]
        : await mautic.send('4711', content),
    );
    const after = await mautic.contact(contact);
    expect(sent.remoteId).toBe(String(contact));
    expect(after?.fields['lastname']).toBe(content['lastname']);
    if (act === null) {
      const out = what === 'opt-out';
      expect(after?.doNotContact).toMatchObject(out ? [{ channel: 'email', reason: 3, comments: 'EMS' }] : []);
      expect(sent.refusals).toEqual([]);
      const segments = { 'opt-in': ['ems-newsletter', 'ems-offers'], 'opt-out': [] }[what as string];
      expect(after?.segments.toSorted()).toEqual(segments ?? ['ems-newsletter']);
    } else {
      expect(after?.doNotContact).toMatchObject([{ channel: 'email', reason: act.reason }]);
      expect(after?.doNotContact).not.toMatchObject([{ comments: 'EMS' }]);
      expect(sent.refusals).toEqual([{ channel: 'email', reason: act.refused }]);
      expect(after?.segments).toEqual([]);
    }
  });
});

describe('what EMS says', () => {
  test('nothing: no do-not-contact is set', async () => {
    const { remoteId } = asSent(await mautic.send('4711', ANA));
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [], segments: [] });
  });

  test('a no goes out with the create, in one call; channels are apart', async () => {
    const content = { ...ANA, consent: { email: 'in', sms: 'out' }, topics: new Set(['RESULTS']) };
    await mautic.remote().shape?.missing();
    const { remoteId } = asSent(await mautic.send('4711', content));
    const journal = await mautic.control.journal({ writesOnly: true });
    expect(journal[0]).toMatchObject({
      path: '/api/contacts/new',
      body: { doNotContact: [{ channel: 'sms', reason: 3, comments: 'EMS' }] },
    });
    expect(await mautic.contact(remoteId)).toMatchObject({
      doNotContact: [{ channel: 'sms', reason: 3, comments: 'EMS' }],
      segments: ['ems-results'],
    });
  });

  test('a no goes out first of all, also if the rest is refused', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    await mautic.control.clearJournal();
    await expect(mautic.send('4711', { ...ANA, ...OPTED_OUT, country: 'Lusitania' })).rejects.toMatchObject({
      errorClass: 'rejected',
    });
    expect(await mautic.writes()).toEqual([
      `POST /api/contacts/${remoteId}/dnc/email/add`,
      `PATCH /api/contacts/${remoteId}/edit`,
    ]);
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [{ channel: 'email', comments: 'EMS' }] });
  });

  test('a no that was told is not told again, a yes takes it back, and only EMS’s own', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT }));
    await mautic.control.clearJournal();
    asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT, city: 'Faro' }));
    expect(await mautic.calls()).toEqual([`GET /api/contacts/${remoteId}`, `PATCH /api/contacts/${remoteId}/edit`]);
    asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [], segments: ['ems-newsletter'] });
  });

  test('a no that staff have taken away is set again with the next change', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT }));
    await mautic.control.backdoor({ do: 'allow-contact', contact: Number(remoteId) });
    const sent = asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT, city: 'Faro' }));
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [{ channel: 'email', comments: 'EMS' }] });
    expect(sent.refusals).toEqual([]);
  });

  test('a no after the person’s own leaves that, and stands when the person lifts it at Mautic', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    const contact = Number(remoteId);
    await mautic.control.backdoor({ do: 'unsubscribe', contact });
    asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT }));
    expect(await mautic.contact(contact)).toMatchObject({ doNotContact: [{ reason: 1 }] });
    await mautic.control.backdoor({ do: 'allow-contact', contact });
    asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT }));
    expect(await mautic.contact(contact)).toMatchObject({ doNotContact: [{ reason: 3, comments: 'EMS' }] });
  });

  test('topics move between EMS’s segments and touch no others; who left one is not put back', async () => {
    const { remoteId } = asSent(await mautic.send('4711', topics('NEWSLETTER', 'OFFERS')));
    const contact = Number(remoteId);
    const { segment: vip } = await mautic.control.backdoor({ do: 'create-segment', name: 'VIP', alias: 'vip' });
    await mautic.control.backdoor({ do: 'add-to-segment', contact, segment: vip });
    const { segments } = await mautic.control.state();
    const newsletter = Object.values(segments).find(({ alias }) => alias === 'ems-newsletter')?.id ?? 0;
    await mautic.control.backdoor({ do: 'remove-from-segment', contact, segment: newsletter });
    asSent(await mautic.send('4711', topics('NEWSLETTER', 'RESULTS')));
    expect((await mautic.contact(contact))?.segments.toSorted()).toEqual(['ems-results', 'vip']);
    asSent(await mautic.send('4711', topics('RESULTS')));
    asSent(await mautic.send('4711', topics('NEWSLETTER', 'RESULTS')));
    expect((await mautic.contact(contact))?.segments.toSorted()).toEqual(['ems-newsletter', 'ems-results', 'vip']);
  });

  test('sent again on request: a segment that our record does not know of is left, and who left one is not put back', async () => {
    const { remoteId } = asSent(await mautic.send('4711', topics('NEWSLETTER', 'OFFERS')));
    const contact = Number(remoteId);
    const { segments } = await mautic.control.state();
    const segment = (wanted: string) => Object.values(segments).find(({ alias }) => alias === wanted)?.id ?? 0;
    // EMS's database was restored, our records with it: what was delivered since the backup is not known any more.
    await mautic.control.backdoor({ do: 'add-to-segment', contact, segment: segment('ems-results') });
    await mautic.control.backdoor({ do: 'remove-from-segment', contact, segment: segment('ems-newsletter') });
    asSent(await mautic.send('4711', topics('NEWSLETTER', 'OFFERS'), { release: true }));
    expect((await mautic.contact(contact))?.segments).toEqual(['ems-offers']);
  });
});

describe('what the suppression list holds', () => {
  const REFUSED: readonly (readonly [Suppression, number])[] = [
    [{ channel: 'email', reason: 'unsubscribed' }, 1],
    [{ channel: 'email', reason: 'complained' }, 1],
    [{ channel: 'email', reason: 'bounced' }, 2],
    [{ channel: 'email', reason: 'manual' }, 3],
    [{ channel: 'sms', reason: 'unsubscribed' }, 1],
  ];

  test.each(REFUSED)('%j is said to a contact that is made anew', async (suppression, reason) => {
    const more: More = { suppressions: [suppression] };
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, more));
    const held = { channel: suppression.channel, reason, comments: 'EMS: refused before' };
    const segments = suppression.channel === 'email' ? [] : ['ems-newsletter'];
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [held], segments });
    await mautic.control.backdoor({ do: 'delete-contact', contact: Number(remoteId) });
    const again = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, more));
    expect(await mautic.contact(again.remoteId)).toMatchObject({ doNotContact: [held], segments });
    expect(again.refusals).toHaveLength(1);
  });

  test('is said to a contact that ours was merged into, where it got lost', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    await mautic.control.backdoor({ do: 'unsubscribe', contact: Number(remoteId) });
    const { contact } = await mautic.control.backdoor({ do: 'create-contact', set: { email: 'ana@home.example' } });
    await mautic.control.backdoor({ do: 'merge-contacts', winner: contact, loser: Number(remoteId) });
    expect((await mautic.contact(contact))?.doNotContact).toEqual([]);
    const suppressions: Suppression[] = [{ channel: 'email', reason: 'unsubscribed' }];
    const sent = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, { suppressions }));
    expect(sent).toMatchObject({ remoteId: String(contact), refusals: suppressions });
    expect(await mautic.contact(contact)).toMatchObject({ doNotContact: [{ channel: 'email', reason: 1 }] });
  });

  test('is said to our contact with an address that was refused before; not again once Mautic has lifted it', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    const more: More = { suppressions: [{ channel: 'email', reason: 'bounced' }] };
    const content = { ...ANA, ...OPTED_IN, email: 'ana@home.example' };
    asSent(await mautic.send('4711', content, more));
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [{ reason: 2 }], segments: [] });
    await mautic.control.backdoor({ do: 'allow-contact', contact: Number(remoteId) });
    asSent(await mautic.send('4711', { ...content, city: 'Faro' }, more));
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [], segments: [] });
  });

  test('is stronger at the contact than EMS’s own no', async () => {
    const more: More = { suppressions: [{ channel: 'email', reason: 'unsubscribed' }] };
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT }, more));
    asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, more));
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [{ reason: 1 }], segments: [] });
  });
});

describe('CONSENT_POLICY=ems-wins', () => {
  test.each([
    ['unsubscribe', []],
    ['do-not-contact', []],
    ['bounce', [{ channel: 'email', reason: 'bounced' }]],
  ] as const)('EMS’s opt-in after %s leaves %j refused', async (act, refusals) => {
    const remote = mautic.connect({}, 'ems-wins');
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT }, {}, remote));
    const contact = Number(remoteId);
    await mautic.control.backdoor({ do: 'allow-contact', contact });
    await mautic.control.backdoor({ do: act, contact });
    const sent = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, {}, remote));
    expect(sent.refusals).toEqual(refusals);
    expect((await mautic.contact(contact))?.doNotContact).toHaveLength(refusals.length);
    expect((await mautic.contact(contact))?.segments).toEqual(refusals.length === 0 ? ['ems-newsletter'] : []);
  });

  test('without an opt-in nothing is overruled', async () => {
    const remote = mautic.connect({}, 'ems-wins');
    const { remoteId } = asSent(await mautic.send('4711', ANA, {}, remote));
    await mautic.control.backdoor({ do: 'unsubscribe', contact: Number(remoteId) });
    const sent = asSent(await mautic.send('4711', { ...ANA, city: 'Faro' }, {}, remote));
    expect(sent.refusals).toEqual([{ channel: 'email', reason: 'unsubscribed' }]);
  });
});

describe('the opt-outs of a row that cannot be sent', () => {
  test('reach its contact, and are no news the second time', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    await mautic.control.clearJournal();
    await mautic.optOut('4711', ['email', 'sms']);
    await mautic.optOut('4711', ['email', 'sms']);
    expect(await mautic.writes()).toHaveLength(2);
    expect((await mautic.contact(remoteId))?.doNotContact).toMatchObject([
      { channel: 'email', reason: 3, comments: 'EMS' },
      { channel: 'sms', reason: 3, comments: 'EMS' },
    ]);
  });

  test('reach a contact of marketing’s by the address, and nobody else’s', async () => {
    const { contact } = await mautic.control.backdoor({ do: 'create-contact', set: { email: 'Ana@clube.example' } });
    const { remoteId } = asSent(await mautic.send('12', { ...ANA, email: 'rui@clube.example' }));
    await mautic.optOut('4711', ['email'], { email: 'ana@clube.example' });
    await mautic.optOut('4711', ['email'], { email: 'rui@clube.example' });
    expect((await mautic.contact(contact))?.doNotContact).toMatchObject([{ channel: 'email', comments: 'EMS' }]);
    expect((await mautic.contact(remoteId))?.doNotContact).toEqual([]);
    await mautic.optOut('4713', ['email'], { email: 'nobody@clube.example' });
  });
});

const optedOut = async () => Number(asSent(await mautic.send('4711', { ...ANA, ...OPTED_OUT })).remoteId);

describe('EMS’s opt-in after an opt-out of its own', () => {
  test('takes that back where no mail was ever sent: nobody can have unsubscribed by one', async () => {
    const contact = await optedOut();
    await mautic.control.backdoor({ do: 'unsubscribe', contact, channel: 'sms' });
    expect(asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN })).refusals).toMatchObject([{ channel: 'sms' }]);
    expect(await mautic.contact(contact)).toMatchObject({
      doNotContact: [{ channel: 'sms', reason: 1 }],
      segments: ['ems-newsletter'],
    });
  });

  test.each(['unsubscribe', 'bounce'] as const)(
    'leaves it refused where a mail was sent: Mautic loses an %s beside EMS’s record',
    async (act) => {
      const contact = await optedOut();
      await mautic.control.backdoor({ do: 'send-mail', contact });
      const before = await mautic.contact(contact);
      await mautic.control.backdoor({ do: act, contact });
      expect(await mautic.contact(contact)).toEqual(before);
      for (const city of ['Faro', 'Lagos']) {
        const sent = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN, city }));
        expect(sent.refusals).toEqual([{ channel: 'email', reason: 'unsubscribed', presumed: true }]);
        expect(await mautic.contact(contact)).toMatchObject({
          doNotContact: [{ channel: 'email', reason: 1, comments: 'EMS: opted in, but may have unsubscribed by mail' }],
          segments: [],
        });
      }
    },
  );

  test('leaves it where the suppression list holds a refusal, whoever told it', async () => {
    const contact = await optedOut();
    const suppressions: Suppression[] = [{ channel: 'email', reason: 'bounced' }];
    asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, { suppressions }));
    expect(await mautic.contact(contact)).toMatchObject({
      doNotContact: [{ reason: 3, comments: 'EMS' }],
      segments: [],
    });
  });

  test('leaves one that our restored record does not know of: EMS has lost it, and it must stand', async () => {
    const backup = await mautic.send('4711', { ...ANA, ...OPTED_IN });
    const contact = await optedOut();
    mautic.records.note('4711', backup);
    for (const city of ['Faro', 'Lagos']) {
      const sent = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN, city }));
      expect(sent.refusals).toEqual([{ channel: 'email', reason: 'unsubscribed', presumed: true }]);
      expect(await mautic.contact(contact)).toMatchObject({ doNotContact: [{ channel: 'email' }], segments: [] });
    }
  });

  test('takes one back whose answer was lost', async () => {
    const { remoteId } = asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }));
    asSent(await mautic.remote().send(mautic.request('4711', { ...ANA, ...OPTED_OUT })));
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [{ comments: 'EMS' }] });
    expect(asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN })).refusals).toEqual([]);
    expect(await mautic.contact(remoteId)).toMatchObject({ doNotContact: [], segments: ['ems-newsletter'] });
  });

  test('is needed: that EMS says nothing any more takes nothing back', async () => {
    const contact = await optedOut();
    asSent(await mautic.send('4711', ANA));
    expect((await mautic.contact(contact))?.doNotContact).toMatchObject([{ reason: 3, comments: 'EMS' }]);
  });

  test('overrules with CONSENT_POLICY=ems-wins, mailed or not', async () => {
    const contact = await optedOut();
    await mautic.control.backdoor({ do: 'send-mail', contact });
    const remote = mautic.connect({}, 'ems-wins');
    expect(asSent(await mautic.send('4711', { ...ANA, ...OPTED_IN }, {}, remote)).refusals).toEqual([]);
    expect((await mautic.contact(contact))?.doNotContact).toEqual([]);
  });
});
