import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MauticUnderTest } from './mautic-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

/** Which do-not-contact record of the e-mail channel the contact has before anything is done in EMS. */
const STANDINGS = ['none', 'unsubscribed (1)', 'bounced (2)', "staff's (3)", "EMS's (3)"] as const;

type Standing = (typeof STANDINGS)[number];

/** `do-not-contact at Mautic / state of our record / reason`. */
type Row = Readonly<Record<Standing, string>>;

const REFUSED = {
  'unsubscribed (1)': '1 / SUPPRESSED / email: unsubscribed',
  'bounced (2)': '2 / SUPPRESSED / email: bounced',
  "staff's (3)": '3 / SUPPRESSED / email: manual',
};

/** What is documented in docs/targets.md: only what EMS set itself is ever taken back. */
const TABLE: Readonly<Record<string, Row>> = {
  'EMS edit': { ...REFUSED, none: '- / IN_SYNC', "EMS's (3)": '3 by EMS / IN_SYNC' },
  'opt-in': { ...REFUSED, none: '- / IN_SYNC', "EMS's (3)": '- / IN_SYNC' },
  'opt-out': { ...REFUSED, none: '3 by EMS / IN_SYNC', "EMS's (3)": '3 by EMS / IN_SYNC' },
  'bulk load': { ...REFUSED, none: '- / IN_SYNC', "EMS's (3)": '- / IN_SYNC' },
  retry: { ...REFUSED, none: '- / IN_SYNC', "EMS's (3)": '3 by EMS / IN_SYNC' },
  'change of owner': { ...REFUSED, none: '- / IN_SYNC', "EMS's (3)": '- / IN_SYNC' },
  erase: Object.fromEntries(STANDINGS.map((standing) => [standing, 'gone / SUPPRESSED / erased'])) as Row,
};

let under: MauticUnderTest;
let system: System;
let mautic: ProcessUnderTest;

beforeAll(async () => {
  under = await MauticUnderTest.start();
  ({ system, process: mautic } = under);
}, 60_000);

afterAll(async () => {
  await under.stop();
});

interface Cell {
  readonly standing: Standing;
  readonly email: string;
  /** Whose record is looked at in the end. */
  person: string;
  preference: string;
}

async function inEachStanding(): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const standing of STANDINGS) {
    const email = under.email();
    const person = await system.ems.person({ email, date_of_birth: '1980-01-01' });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
  }
  await mautic.sweep();
  await optIn(
    cells.filter(({ standing }) => standing === "EMS's (3)"),
    false,
  );
  for (const { standing, person } of cells) await bring(standing, await under.contactOf(person));
  await mautic.poll();
  return cells;
}

/** What others than EMS do. */
async function bring(standing: Standing, contact: number): Promise<void> {
  const { control } = under;
  if (standing === 'unsubscribed (1)') await control.backdoor({ do: 'unsubscribe', contact });
  if (standing === 'bounced (2)') await control.backdoor({ do: 'bounce', contact });
  if (standing === "staff's (3)") await control.backdoor({ do: 'do-not-contact', contact });
}

async function optIn(cells: readonly Cell[], yes: boolean): Promise<void> {
  for (const { preference } of cells) await system.ems.update('contact_preference', preference, { opted_in: yes });
  await mautic.sweep();
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

/** Contacts that are there before EMS comes. */
async function bulkLoad(): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const standing of STANDINGS) {
    const email = under.email();
    const { contact } = await under.control.backdoor({ do: 'create-contact', set: { email } });
    await bring(standing, contact);
    // Of a Mautic that EMS filled before its records were lost.
    if (standing === "EMS's (3)") await under.control.backdoor({ do: 'do-not-contact', contact, comments: 'EMS' });
    const person = await system.ems.person({ email });
    cells.push({ standing, email, person, preference: await system.ems.preference(person, true) });
  }
  return cells;
}

async function resultOf({ email, person }: Cell): Promise<string> {
  const [contacts, record] = [await under.contactsWith(email), await mautic.record('Person', person)];
  const reason = record?.last_error == null ? '' : ` / ${record.last_error}`;
  const held = contacts.map(({ doNotContact }) => {
    const mail = doNotContact.find(({ channel }) => channel === 'email');
    return mail === undefined ? '-' : `${mail.reason}${mail.comments === 'EMS' ? ' by EMS' : ''}`;
  });
  return `${held.join(', ') || 'gone'} / ${record?.state ?? 'none'}${reason}`;
}

describe.each(Object.entries(TABLE))('%s', (action, row) => {
  const results = new Map<Standing, string>();

  beforeAll(async () => {
    const cells = action === 'bulk load' ? await bulkLoad() : await inEachStanding();
    await ACTIONS[action]?.(cells);
    await mautic.settle();
    for (const cell of cells) results.set(cell.standing, await resultOf(cell));
  }, 180_000);

  test.each(STANDINGS)('a contact with do-not-contact: %s', (standing) => {
    expect(results.get(standing)).toBe(row[standing]);
  });
});
