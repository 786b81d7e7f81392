import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MailchimpUnderTest } from './mailchimp-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

/** The member's status before anything is done in EMS. */
const STANDINGS = [
  'subscribed',
  'unsubscribed',
  'unsubscribed by EMS',
  'cleaned',
  'pending',
  'archived',
  'compliance',
  'forgotten',
  'bounced at Mautic',
  'erased at Mautic',
  'unsubscribed at Mautic',
] as const;

type Standing = (typeof STANDINGS)[number];

/** `status at MailChimp / state of our record / reason`; a missing member is `-`. */
type Row = Readonly<Record<Standing, string>>;

const NO = '-';

const BOUNCED_THERE = 'unsubscribed / SUPPRESSED / email: bounced at MAUTIC';
const ERASED_THERE = 'unsubscribed / ERASED';

/** Under CONSENT_SCOPE=organisation. */
const ORGANISATION = 'unsubscribed / SUPPRESSED / email: unsubscribed at MAUTIC';

/** As documented in docs/targets.md: nobody becomes `subscribed` who was not. */
const TABLE: Readonly<Record<string, Row>> = {
  'EMS edit': {
    subscribed: 'subscribed / IN_SYNC',
    unsubscribed: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    'unsubscribed by EMS': 'unsubscribed / IN_SYNC',
    cleaned: 'cleaned / SUPPRESSED / email: bounced',
    pending: 'pending / IN_SYNC',
    archived: 'archived / SUPPRESSED / email: archived',
    compliance: 'unsubscribed / IN_SYNC',
    forgotten: `${NO} / SUPPRESSED / email: forgotten`,
    'bounced at Mautic': BOUNCED_THERE,
    'erased at Mautic': ERASED_THERE,
    'unsubscribed at Mautic': 'subscribed / IN_SYNC',
  },
  'opt-in': {
    subscribed: 'subscribed / IN_SYNC',
    unsubscribed: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    'unsubscribed by EMS': 'pending / IN_SYNC',
    cleaned: 'cleaned / SUPPRESSED / email: bounced',
    pending: 'pending / IN_SYNC',
    archived: 'archived / SUPPRESSED / email: archived',
    compliance: 'unsubscribed / SUPPRESSED / email: compliance',
    forgotten: `${NO} / SUPPRESSED / email: forgotten`,
    'bounced at Mautic': BOUNCED_THERE,
    'erased at Mautic': ERASED_THERE,
    'unsubscribed at Mautic': 'subscribed / IN_SYNC',
  },
  'opt-out': {
    subscribed: 'unsubscribed / IN_SYNC',
    unsubscribed: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    'unsubscribed by EMS': 'unsubscribed / IN_SYNC',
    cleaned: 'cleaned / SUPPRESSED / email: bounced',
    pending: 'unsubscribed / IN_SYNC',
    archived: 'archived / SUPPRESSED / email: archived',
    compliance: 'unsubscribed / IN_SYNC',
    // Neither side wants the member, so nothing is kept.
    forgotten: `${NO} / REMOVED`,
    'bounced at Mautic': BOUNCED_THERE,
    'erased at Mautic': ERASED_THERE,
    'unsubscribed at Mautic': 'unsubscribed / IN_SYNC',
  },
  'bulk load': {
    subscribed: 'subscribed / IN_SYNC',
    unsubscribed: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    'unsubscribed by EMS': 'unsubscribed / SUPPRESSED / email: unsubscribed',
    cleaned: 'cleaned / SUPPRESSED / email: bounced',
    pending: 'pending / IN_SYNC',
    archived: 'pending / IN_SYNC',
    compliance: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    forgotten: `${NO} / SUPPRESSED / email: forgotten`,
    'bounced at Mautic': BOUNCED_THERE,
    'erased at Mautic': ERASED_THERE,
    'unsubscribed at Mautic': 'subscribed / IN_SYNC',
  },
  retry: {
    subscribed: 'subscribed / IN_SYNC',
    unsubscribed: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    'unsubscribed by EMS': 'unsubscribed / IN_SYNC',
    cleaned: 'cleaned / SUPPRESSED / email: bounced',
    pending: 'pending / IN_SYNC',
    archived: 'archived / SUPPRESSED / email: archived',
    compliance: 'unsubscribed / IN_SYNC',
    forgotten: `${NO} / SUPPRESSED / email: forgotten`,
    'bounced at Mautic': BOUNCED_THERE,
    'erased at Mautic': ERASED_THERE,
    'unsubscribed at Mautic': 'subscribed / IN_SYNC',
  },
  'change of owner': {
    subscribed: 'subscribed / IN_SYNC',
    unsubscribed: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    'unsubscribed by EMS': 'unsubscribed / SUPPRESSED / email: unsubscribed',
    cleaned: 'cleaned / SUPPRESSED / email: bounced',
    pending: 'pending / IN_SYNC',
    archived: 'archived / SUPPRESSED / email: archived',
    compliance: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    forgotten: `${NO} / SUPPRESSED / email: forgotten`,
    'bounced at Mautic': BOUNCED_THERE,
    'erased at Mautic': ERASED_THERE,
    'unsubscribed at Mautic': 'subscribed / IN_SYNC',
  },
  erase: Object.fromEntries(STANDINGS.map((standing) => [standing, `${NO} / ERASED`])) as Row,
};

let under: MailchimpUnderTest;
let system: System;
let mailchimp: ProcessUnderTest;
let mautic: ProcessUnderTest;

async function start(scope: 'target' | 'organisation'): Promise<void> {
  under = await MailchimpUnderTest.start({ also: ['MAUTIC'], settings: { CONSENT_SCOPE: scope } });
  ({ system, process: mailchimp } = under);
  mautic = system.process('MAUTIC');
  // MailChimp does not document which is true, so the harder one is tested.
  await under.control.setSettings({ statusIfNewUnarchives: true });
}

interface Cell {
  readonly standing: Standing;
  readonly email: string;
  /** The person whose record is checked at the end. */
  person: string;
  preference: string;
}

/** Creates a member with each status, for a person whom EMS wants to mail. */
async function inEachStanding(standings: readonly Standing[]): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const standing of standings) {
    const email = under.email();
    const person = await system.ems.person({ email, date_of_birth: '1980-01-01' });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
  }
  await mailchimp.sweep();
  await mautic.sweep();
  await optIn(
    cells.filter(({ standing }) => ['unsubscribed by EMS', 'pending', 'compliance'].includes(standing)),
    false,
  );
  await optIn(
    cells.filter(({ standing }) => standing === 'pending'),
    true,
  );
  for (const { standing, email } of cells) await bring(standing, email);
  await mailchimp.poll();
  await bringAtMautic(cells);
  return cells;
}

const AT_MAUTIC: ReadonlyMap<Standing, 'bounce' | 'unsubscribe' | null> = new Map([
  ['bounced at Mautic', 'bounce'],
  ['unsubscribed at Mautic', 'unsubscribe'],
  ['erased at Mautic', null],
]);

/** Causes the events at the other target, which are learnt by a poll or from the erasure itself. */
async function bringAtMautic(cells: readonly Cell[]): Promise<void> {
  const { control } = system.mautic;
  for (const { standing, email, person } of cells) {
    const act = AT_MAUTIC.get(standing);
    if (act === null) await mautic.syncNow('Person', person, 'erase');
    else if (act !== undefined) await control.backdoor({ do: act, contact: await contactOf(email) });
  }
  await mautic.poll();
}

async function contactOf(email: string): Promise<number> {
  const { contacts } = await system.mautic.control.state();
  const contact = Object.values(contacts).find(({ fields }) => fields['email'] === email);
  if (contact === undefined) throw new Error('Mautic has no contact with that address');
  return contact.id;
}

/** Performs what others than EMS do. */
async function bring(standing: Standing, email: string): Promise<void> {
  const { control } = under;
  if (standing === 'unsubscribed') await control.backdoor({ do: 'unsubscribe', member: email });
  if (standing === 'cleaned') await control.backdoor({ do: 'clean', member: email });
  if (standing === 'archived') await control.backdoor({ do: 'archive', member: email });
  if (standing === 'compliance') await control.backdoor({ do: 'mark-compliance', member: email });
  if (standing === 'forgotten') await control.backdoor({ do: 'delete-permanent', member: email });
}

async function optIn(cells: readonly Cell[], yes: boolean): Promise<void> {
  for (const { preference } of cells) await system.ems.update('contact_preference', preference, { opted_in: yes });
  await mailchimp.sweep();
}

const ACTIONS: Readonly<Record<string, (cells: readonly Cell[]) => Promise<void>>> = {
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
    for (const { person } of cells) await mailchimp.syncNow('Person', person, 'resend');
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
    for (const { person } of cells) await mailchimp.syncNow('Person', person, 'erase');
  },
};

/** Creates members that exist before the first sync. */
async function bulkLoad(standings: readonly Standing[]): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const standing of standings) {
    const email = under.email();
    if (standing === 'pending') await under.control.backdoor({ do: 'sign-up', email, confirm: false });
    else await under.control.backdoor({ do: 'create-member', email });
    // An audience that EMS filled before its records were lost.
    if (['unsubscribed by EMS', 'compliance'].includes(standing))
      await under.control.backdoor({ do: 'unsubscribe', member: email, by: 'admin' });
    await bring(standing, email);
    const person = await system.ems.person({ email });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
    if (AT_MAUTIC.has(standing)) await system.mautic.control.backdoor({ do: 'create-contact', set: { email } });
  }
  await bringAtMautic(cells);
  return cells;
}

async function resultOf({ email, person }: Cell): Promise<string> {
  const [member, record] = [await under.member(email), await mailchimp.record('Person', person)];
  const reason = record?.last_error == null ? '' : ` / ${record.last_error}`;
  return `${member?.status ?? NO} / ${record?.state ?? 'none'}${reason}`;
}

async function resultsOf(action: string, standings: readonly Standing[]): Promise<ReadonlyMap<Standing, string>> {
  const cells = action === 'bulk load' ? await bulkLoad(standings) : await inEachStanding(standings);
  await ACTIONS[action]?.(cells);
  await mailchimp.settle();
  const results = new Map<Standing, string>();
  for (const cell of cells) results.set(cell.standing, await resultOf(cell));
  return results;
}

async function writesNothingMore(): Promise<void> {
  await mailchimp.settle();
  await under.control.clearJournal();
  await mailchimp.sweep();
  await mailchimp.poll();
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

    test.each(STANDINGS)('a member who is %s', (standing) => {
      expect(results.get(standing)).toBe(row[standing]);
    });
  });

  test('none of all that was undone by a further sweep and poll, which write nothing', writesNothingMore);
});

describe('an unsubscription counts everywhere (CONSENT_SCOPE=organisation)', () => {
  beforeAll(() => start('organisation'));
  afterAll(() => under?.stop());

  test.each(Object.entries(TABLE))('%s', async (action, row) => {
    expect(Object.fromEntries(await resultsOf(action, ['subscribed', 'unsubscribed at Mautic']))).toEqual({
      subscribed: row.subscribed,
      'unsubscribed at Mautic': action === 'erase' ? `${NO} / ERASED` : ORGANISATION,
    });
  });

  test('none of all that was undone by a further sweep and poll, which write nothing', writesNothingMore);
});
