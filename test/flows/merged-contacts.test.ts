import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MauticUnderTest } from './mautic-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

let under: MauticUnderTest;
let system: System;
let mautic: ProcessUnderTest;

beforeAll(async () => {
  under = await MauticUnderTest.start();
  ({ system, process: mautic } = under);
});

afterAll(async () => {
  await under.stop();
});

const idle = async () => {
  await mautic.settle();
  await under.control.clearJournal();
  await mautic.sweep();
  await mautic.poll();
  expect(await under.control.journal({ writesOnly: true })).toEqual([]);
};

describe('two persons whose contacts are merged at Mautic', () => {
  test('have a contact each in the end, neither is mailable who was not, and nothing goes on for ever', async () => {
    const ana = await under.personInStep({ last_name: 'Silva' });
    const rui = await under.personInStep({ last_name: 'Costa' });
    await under.control.backdoor({ do: 'unsubscribe', contact: rui.contact });
    await mautic.poll();
    expect(await mautic.record('Person', rui.person)).toMatchObject({ state: 'SUPPRESSED' });
    await under.control.backdoor({ do: 'merge-contacts', winner: ana.contact, loser: rui.contact });
    for (const { person } of [ana, rui]) await system.ems.update('person', person, { city: 'Faro' });
    await mautic.settle();
    await mautic.poll();
    await mautic.settle();
    expect(await under.contactOf(ana.person)).toBe(ana.contact);
    expect(await under.contactOf(rui.person)).not.toBe(ana.contact);
    for (const [{ person }, name] of [
      [ana, 'Silva'],
      [rui, 'Costa'],
    ] as const) {
      expect(await under.contact(await under.contactOf(person))).toMatchObject({
        fields: { ems_person_id: person, lastname: name, city: 'Faro' },
        doNotContact: [{ channel: 'email', reason: 1 }],
      });
      expect(await mautic.record('Person', person)).toMatchObject({ state: 'SUPPRESSED' });
    }
    await idle();
  });

  test('are found by the poll alone, where the one that is left carries the other’s id', async () => {
    const ana = await under.personInStep({ last_name: 'Silva' });
    const rui = await under.personInStep({ last_name: 'Costa' });
    await under.control.backdoor({ do: 'edit-contact', contact: rui.contact, set: { company: 'Harbour' } });
    await under.control.backdoor({ do: 'merge-contacts', winner: ana.contact, loser: rui.contact });
    await mautic.poll();
    await mautic.settle();
    expect((await under.contact(ana.contact))?.fields).toMatchObject({ ems_person_id: ana.person, lastname: 'Silva' });
    const again = await under.contactOf(rui.person);
    expect(again).not.toBe(ana.contact);
    expect((await under.contact(again))?.fields).toMatchObject({ ems_person_id: rui.person, lastname: 'Costa' });
    await idle();
  });
});

test('an opt-out of EMS that is lifted at Mautic is set again at the next poll', async () => {
  const { contact, person } = await under.personInStep({}, false);
  expect((await under.contact(contact))?.doNotContact).toMatchObject([{ channel: 'email', comments: 'EMS' }]);
  await under.control.backdoor({ do: 'allow-contact', contact, channel: 'email' });
  expect((await under.contact(contact))?.doNotContact).toEqual([]);
  await mautic.poll();
  expect((await under.contact(contact))?.doNotContact).toMatchObject([
    { channel: 'email', reason: 3, comments: 'EMS' },
  ]);
  expect(await mautic.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
  await idle();
});
