import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MauticUnderTest } from './mautic-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

/** The contact's state before anything is done in EMS: its do-not-contact reason, or what became of it. */
const STANDINGS = [
  'none',
  'unsubscribed (1)',
  'bounced (2)',
  'manual, by staff (3)',
  'manual, by EMS (3)',
  'manual, by EMS (3), then unsubscribed by mail',
  'deleted',
  'unsubscribed, then deleted',
  'bounced at MailChimp',
  'erased at MailChimp',
  'unsubscribed at MailChimp',
] as const;

type Standing = (typeof STANDINGS)[number];

/** `do-not-contact at Mautic / EMS's segments / state of our record / reason`; a missing contact is `gone`. */
type Row = Readonly<Record<Standing, string>>;

/** Unchanged by any action of EMS: the refusal stays, and the contact is in no segment of EMS. */
const REFUSED = {
  'unsubscribed (1)': '1 / - / SUPPRESSED / email: unsubscribed',
  'bounced (2)': '2 / - / SUPPRESSED / email: bounced',
  'manual, by staff (3)': '3 / - / SUPPRESSED / email: manual',
  // Created again, with the refusals from the suppression list.
  'unsubscribed, then deleted': '1 / - / SUPPRESSED / email: unsubscribed',
  'bounced at MailChimp': '2 / - / SUPPRESSED / email: bounced at MAILCHIMP',
} as const;

/** Mautic does not show what the person did, so EMS's opt-in turns its own record into an unsubscription. */
const UNKNOWN = '1 / - / SUPPRESSED / email: unsubscribed';

const NEWSLETTER = '- / ems-newsletter / IN_SYNC';
const OPTED_OUT = '3 EMS / - / IN_SYNC';
const UNSEEN = 'manual, by EMS (3), then unsubscribed by mail';
/** From now on only the refusal is sent to it. */
const ERASED = '3 / ems-newsletter / ERASED';
const ERASED_THERE = 'erased at MailChimp';

/** With CONSENT_SCOPE=target this does not apply to Mautic. */
const OUT_THERE = 'unsubscribed at MailChimp';

const BY_EMS = { 'manual, by EMS (3)': OPTED_OUT, [UNSEEN]: OPTED_OUT };

/** As documented in docs/targets.md: no action of EMS makes a person who refused contactable again. */
const TABLE: Readonly<Record<string, Row>> = {
  'EMS edit': {
    none: NEWSLETTER,
    ...REFUSED,
    ...BY_EMS,
    deleted: NEWSLETTER,
    [ERASED_THERE]: ERASED,
    [OUT_THERE]: NEWSLETTER,
  },
  'opt-in': {
    none: '- / ems-newsletter, ems-offers / IN_SYNC',
    ...REFUSED,
    'manual, by EMS (3)': '- / ems-newsletter, ems-offers / IN_SYNC',
    [UNSEEN]: UNKNOWN,
    deleted: '- / ems-newsletter, ems-offers / IN_SYNC',
    [ERASED_THERE]: ERASED,
    [OUT_THERE]: '- / ems-newsletter, ems-offers / IN_SYNC',
  },
  'opt-out': {
    none: OPTED_OUT,
    ...REFUSED,
    ...BY_EMS,
    deleted: OPTED_OUT,
    [ERASED_THERE]: ERASED,
    [OUT_THERE]: OPTED_OUT,
  },
  'bulk load': {
    none: NEWSLETTER,
    ...REFUSED,
    'manual, by EMS (3)': NEWSLETTER,
    [UNSEEN]: UNKNOWN,
    deleted: NEWSLETTER,
    [ERASED_THERE]: '3 / - / ERASED',
    [OUT_THERE]: NEWSLETTER,
  },
  retry: {
    none: NEWSLETTER,
    ...REFUSED,
    ...BY_EMS,
    deleted: NEWSLETTER,
    [ERASED_THERE]: ERASED,
    [OUT_THERE]: NEWSLETTER,
  },
  'change of owner': {
    none: NEWSLETTER,
    ...REFUSED,
    'manual, by EMS (3)': NEWSLETTER,
    [UNSEEN]: UNKNOWN,
    deleted: NEWSLETTER,
    [ERASED_THERE]: ERASED,
    [OUT_THERE]: NEWSLETTER,
  },
  erase: Object.fromEntries(STANDINGS.map((standing) => [standing, 'gone / ERASED'])) as Row,
};

/** With CONSENT_SCOPE=organisation: like `unsubscribed (1)`, reported with the target where it happened. */
const ORGANISATION = '3 / - / SUPPRESSED / email: unsubscribed at MAILCHIMP';

let under: MauticUnderTest;
let system: System;
let mautic: ProcessUnderTest;
let mailchimp: ProcessUnderTest;

async function start(scope: 'target' | 'organisation'): Promise<void> {
  under = await MauticUnderTest.start({ also: ['MAILCHIMP'], settings: { CONSENT_SCOPE: scope } });
  ({ system, process: mautic } = under);
  mailchimp = system.process('MAILCHIMP');
}

interface Cell {
  readonly standing: Standing;
  readonly email: string;
  /** The person whose record is checked at the end. */
  person: string;
  readonly preference: string;
}

/** Creates a contact in each state, for a person whom EMS wants to mail. */
async function inEachStanding(standings: readonly Standing[]): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const standing of standings) {
    const email = under.email();
    const person = await system.ems.person({ email, date_of_birth: '1980-01-01' });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
  }
  await mautic.sweep();
  await mailchimp.sweep();
  await optIn(
    cells.filter(({ standing }) => standing.startsWith('manual, by EMS (3)')),
    false,
  );
  await bring(cells);
  await mautic.poll();
  await deleteThere(cells);
  await bringAtMailchimp(cells);
  return cells;
}

/** Creates contacts that exist before the first sync, at a Mautic that EMS filled before its records were lost. */
async function bulkLoad(standings: readonly Standing[]): Promise<Cell[]> {
  const emails = new Map(standings.map((standing) => [standing, under.email()]));
  for (const [standing, email] of emails) {
    const { contact } = await under.control.backdoor({ do: 'create-contact', set: { email } });
    if (standing.startsWith('manual, by EMS (3)'))
      await under.control.backdoor({ do: 'do-not-contact', contact, comments: 'EMS' });
  }
  const all = [...emails].map(([standing, email]) => ({ standing, email }));
  const gone = all.filter(({ standing }) => standing.endsWith('deleted'));
  await bring(gone);
  await mautic.poll();
  await deleteThere(gone);
  // EMS learns of these refusals only from the load itself.
  await bring(all.filter((one) => !gone.includes(one)));
  const cells: Cell[] = [];
  for (const [standing, email] of emails) {
    const person = await system.ems.person({ email });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
  }
  for (const { standing, email } of cells)
    if (AT_MAILCHIMP.has(standing)) await system.mailchimp.control.backdoor({ do: 'create-member', email });
  await bringAtMailchimp(cells);
  return cells;
}

const ACTS = new Map<Standing, 'unsubscribe' | 'bounce' | 'do-not-contact'>([
  ['unsubscribed (1)', 'unsubscribe'],
  ['unsubscribed, then deleted', 'unsubscribe'],
  ['manual, by EMS (3), then unsubscribed by mail', 'unsubscribe'],
  ['bounced (2)', 'bounce'],
  ['manual, by staff (3)', 'do-not-contact'],
]);

const AT_MAILCHIMP: ReadonlyMap<Standing, 'clean' | 'unsubscribe' | null> = new Map([
  ['bounced at MailChimp', 'clean'],
  [OUT_THERE, 'unsubscribe'],
  [ERASED_THERE, null],
]);

/** Causes the events at the other target, which are learnt by a poll or from the erasure itself. */
async function bringAtMailchimp(cells: readonly Cell[]): Promise<void> {
  for (const { standing, email, person } of cells) {
    const act = AT_MAILCHIMP.get(standing);
    if (act === null) await mailchimp.syncNow('Person', person, 'erase');
    else if (act !== undefined) await system.mailchimp.control.backdoor({ do: act, member: email });
  }
  await mailchimp.poll();
}

/** Performs what others than EMS do, except deletions. */
async function bring(cells: readonly Pick<Cell, 'standing' | 'email'>[]): Promise<void> {
  for (const { standing, email } of cells) {
    const act = ACTS.get(standing);
    if (act === undefined) continue;
    const contact = await contactOf(email);
    await under.control.backdoor({ do: 'send-mail', contact });
    await under.control.backdoor({ do: act, contact });
  }
}

async function deleteThere(cells: readonly Pick<Cell, 'standing' | 'email'>[]): Promise<void> {
  for (const { email } of cells.filter(({ standing }) => standing.endsWith('deleted')))
    await under.control.backdoor({ do: 'delete-contact', contact: await contactOf(email) });
}

async function contactOf(email: string): Promise<number> {
  const [contact] = await under.contactsWith(email);
  if (contact === undefined) throw new Error('Mautic has no contact with that address');
  return contact.id;
}

async function optIn(cells: readonly Cell[], yes: boolean): Promise<void> {
  for (const { preference } of cells) await system.ems.update('contact_preference', preference, { opted_in: yes });
  await mautic.sweep();
}

const ACTIONS: Readonly<Record<string, (cells: readonly Cell[]) => Promise<void>>> = {
  'bulk load': async () => void (await mautic.sweep()),
  'EMS edit': async (cells) => {
    for (const { person } of cells) await system.ems.update('person', person, { first_name: 'Anna' });
  },
  'opt-in': async (cells) => {
    for (const { person, preference } of cells) {
      await system.ems.update('contact_preference', preference, { opted_in: true });
      await system.ems.preference(person, true, { topic: 'OFFERS' });
    }
  },
  'opt-out': (cells) => optIn(cells, false),
  retry: async (cells) => {
    for (const { person } of cells) await mautic.syncNow('Person', person, 'resend');
  },
  'change of owner': async (cells) => {
    for (const cell of cells) {
      const { email, person, preference } = cell;
      const heir = await system.ems.person({ email, first_name: 'Heir', date_of_birth: '2000-01-01' });
      await system.ems.preference(heir, true);
      await system.ems.delete('contact_preference', preference);
      await system.ems.delete('person', person);
      cell.person = heir;
    }
  },
  erase: async (cells) => {
    for (const { person } of cells) await mautic.syncNow('Person', person, 'erase');
  },
};

async function resultOf({ email, person }: Cell): Promise<string> {
  const [contacts, record] = [await under.contactsWith(email), await mautic.record('Person', person)];
  const held = contacts.map(({ doNotContact, segments }) => {
    const noes = doNotContact.map(({ reason, comments }) => (comments === 'EMS' ? `${reason} EMS` : `${reason}`));
    return `${noes.join(', ') || '-'} / ${segments.toSorted().join(', ') || '-'}`;
  });
  const reason = record?.last_error == null ? '' : ` / ${record.last_error}`;
  return `${held.join(' and ') || 'gone'} / ${record?.state ?? 'none'}${reason}`;
}

async function resultsOf(action: string, standings: readonly Standing[]): Promise<ReadonlyMap<Standing, string>> {
  const cells = action === 'bulk load' ? await bulkLoad(standings) : await inEachStanding(standings);
  await ACTIONS[action]?.(cells);
  await mautic.settle();
  const results = new Map<Standing, string>();
  for (const cell of cells) results.set(cell.standing, await resultOf(cell));
  return results;
}

async function writesNothingMore(): Promise<void> {
  await mautic.settle();
  await under.control.clearJournal();
  await mautic.sweep();
  await mautic.poll();
  expect(await under.control.journal({ writesOnly: true })).toEqual([]);
}

describe('an unsubscription counts where it was made (CONSENT_SCOPE=target)', () => {
  beforeAll(() => start('target'));
  afterAll(() => under?.stop());

  describe.each(Object.entries(TABLE))('%s', (action, row) => {
    let results: ReadonlyMap<Standing, string>;

    beforeAll(async () => {
      results = await resultsOf(action, STANDINGS);
    });

    test.each(STANDINGS)('a contact whose do-not-contact is %s', (standing) => {
      expect(results.get(standing)).toBe(row[standing]);
    });
  });

  test('none of all that was undone by a further sweep and poll, which write nothing', writesNothingMore);
});

describe('an unsubscription counts everywhere (CONSENT_SCOPE=organisation)', () => {
  beforeAll(() => start('organisation'));
  afterAll(() => under?.stop());

  test.each(Object.entries(TABLE))('%s', async (action, row) => {
    expect(Object.fromEntries(await resultsOf(action, ['none', OUT_THERE]))).toEqual({
      none: row.none,
      [OUT_THERE]: action === 'erase' ? 'gone / ERASED' : ORGANISATION,
    });
  });

  test('none of all that was undone by a further sweep and poll, which write nothing', writesNothingMore);
});
