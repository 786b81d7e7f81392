import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MailchimpUnderTest } from './mailchimp-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

/** How the member stands before anything is done in EMS. */
const STANDINGS = [
  'subscribed',
  'unsubscribed',
  'unsubscribed by EMS',
  'cleaned',
  'pending',
  'archived',
  'compliance',
  'forgotten',
] as const;

type Standing = (typeof STANDINGS)[number];

/** `status at MailChimp / state of our record / reason`; a member that is not there is `-`. */
type Row = Readonly<Record<Standing, string>>;

const NO = '-';

/** What is documented in docs/targets.md: nobody is ever `subscribed` who was not. */
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
  },
  'opt-out': {
    subscribed: 'unsubscribed / IN_SYNC',
    unsubscribed: 'unsubscribed / SUPPRESSED / email: unsubscribed',
    'unsubscribed by EMS': 'unsubscribed / IN_SYNC',
    cleaned: 'cleaned / SUPPRESSED / email: bounced',
    pending: 'unsubscribed / IN_SYNC',
    archived: 'archived / SUPPRESSED / email: archived',
    compliance: 'unsubscribed / IN_SYNC',
    // Neither side wants it: nothing is left to be kept.
    forgotten: `${NO} / REMOVED`,
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
  },
  erase: Object.fromEntries(STANDINGS.map((standing) => [standing, `${NO} / ERASED`])) as Row,
};

let under: MailchimpUnderTest;
let system: System;
let mailchimp: ProcessUnderTest;

beforeAll(async () => {
  under = await MailchimpUnderTest.start();
  ({ system, process: mailchimp } = under);
  // MailChimp does not say whether it is so; the worse of the two is taken.
  await under.control.setSettings({ statusIfNewUnarchives: true });
});

afterAll(async () => {
  await under?.stop();
});

interface Cell {
  readonly standing: Standing;
  readonly email: string;
  /** Whose record is looked at in the end. */
  person: string;
  preference: string;
}

/** A member in each standing, of a person whom EMS wants to mail. */
async function inEachStanding(): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const standing of STANDINGS) {
    const email = under.email();
    const person = await system.ems.person({ email, date_of_birth: '1980-01-01' });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
  }
  await mailchimp.sweep();
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
  return cells;
}

/** What others than EMS do. */
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

/** Members that are there before EMS comes. */
async function bulkLoad(): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const standing of STANDINGS) {
    const email = under.email();
    if (standing === 'pending') await under.control.backdoor({ do: 'sign-up', email, confirm: false });
    else await under.control.backdoor({ do: 'create-member', email });
    // Of an audience that EMS filled before its records were lost.
    if (['unsubscribed by EMS', 'compliance'].includes(standing))
      await under.control.backdoor({ do: 'unsubscribe', member: email, by: 'admin' });
    await bring(standing, email);
    const person = await system.ems.person({ email });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
  }
  return cells;
}

async function resultOf({ email, person }: Cell): Promise<string> {
  const [member, record] = [await under.member(email), await mailchimp.record('Person', person)];
  const reason = record?.last_error == null ? '' : ` / ${record.last_error}`;
  return `${member?.status ?? NO} / ${record?.state ?? 'none'}${reason}`;
}

describe.each(Object.entries(TABLE))('%s', (action, row) => {
  const results = new Map<Standing, string>();

  beforeAll(async () => {
    const cells = action === 'bulk load' ? await bulkLoad() : await inEachStanding();
    await ACTIONS[action]?.(cells);
    await mailchimp.settle();
    for (const cell of cells) results.set(cell.standing, await resultOf(cell));
  });

  test.each(STANDINGS)('a member who is %s', (standing) => {
    expect(results.get(standing)).toBe(row[standing]);
  });
});
