import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start({ targets: ['MAUTIC', 'MAILCHIMP'] });
});

afterAll(async () => {
  await system?.stop();
});

/** Creates persons who want the newsletter, with these addresses. */
async function persons(...emails: readonly string[]): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const email of emails) {
    const person = await system.ems.person({ email });
    await system.ems.preference(person, true);
    keys.push(person);
  }
  return keys;
}

const MASKED = ['@', 'ana.fake', 'Ana', 'Silva'];

describe('what MailChimp refuses', () => {
  test('is PARKED with its title and our name of the field, until the row changes; the others of its call are there', async () => {
    const mailchimp = system.process('MAILCHIMP');
    const [fake = '', ...good] = await persons('ana.fake@example.com', 'ana1@clube.example', 'ana2@clube.example');
    expect((await mailchimp.sweep()).totals.Person).toMatchObject({ due: 3, parked: 1, failed: 0 });
    const record = await mailchimp.record('Person', fake);
    expect(record).toMatchObject({ state: 'PARKED', last_error_class: 'rejected' });
    expect(record?.last_error).toMatch(/Invalid Resource.*looks fake or invalid.* at email$/);
    for (const value of MASKED) expect(record?.last_error).not.toContain(value);
    for (const person of good) expect(await mailchimp.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });

    await system.mailchimp.control.clearJournal();
    expect((await mailchimp.sweep()).totals).toEqual({});
    expect(await system.mailchimp.control.journal()).toEqual([]);
    await system.ems.update('person', fake, { email: 'ana3@clube.example' });
    await mailchimp.sweep();
    expect(await mailchimp.record('Person', fake)).toMatchObject({ state: 'IN_SYNC', last_error: null });
  });

  test('by a page of its network, or a bare 403, is waited out', async () => {
    const mailchimp = system.process('MAILCHIMP');
    for (const [n, faults] of [{ blocked: { times: 2 } }, { bareThrottle: { times: 2 } }].entries()) {
      const [person = ''] = await persons(`ana-throttled${n}@clube.example`);
      await system.mailchimp.control.setFaults(faults);
      await mailchimp.sweep();
      await mailchimp.quiet();
      expect(await mailchimp.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
      await system.mailchimp.control.clearFaults();
    }
  });
});

describe('what Mautic refuses', () => {
  test('because another contact has the address is PARKED with that contact’s id, for a human to merge', async () => {
    const mautic = system.process('MAUTIC');
    const [person = ''] = await persons('ana5@clube.example');
    await mautic.sweep();
    const own = Number((await mautic.record('Person', person))?.remote_id);
    const set = { email: 'ana6@clube.example' };
    const { contact } = await system.mautic.control.backdoor({ do: 'create-contact', set });
    await system.ems.update('person', person, { email: 'ana6@clube.example' });
    await mautic.sweep();
    const record = await mautic.record('Person', person);
    expect(record).toMatchObject({ state: 'PARKED', last_error_class: 'rejected' });
    expect(record?.last_error).toContain(`contact ${contact}`);
    for (const value of MASKED) expect(record?.last_error).not.toContain(value);

    await system.mautic.control.backdoor({ do: 'merge-contacts', winner: own, loser: contact });
    await mautic.syncNow('Person', person, 'resend');
    expect(await mautic.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: String(own) });
  });

  test('of one person holds back no other of its call', async () => {
    const mautic = system.process('MAUTIC');
    const [bad = '', ...good] = await persons('ana7@clube.example', 'ana8@clube.example', 'ana9@clube.example');
    await system.ems.update('person', bad, { country: 'AC' });
    await mautic.sweep();
    expect(await mautic.record('Person', bad)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringMatching(/^country/),
    });
    for (const person of good) expect(await mautic.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
  });
});
