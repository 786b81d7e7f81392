import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
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

afterEach(() => system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

describe('outbound', () => {
  test('a new person is a contact with all of its fields, its topics and a record of each preference', async () => {
    const email = under.email();
    const person = await system.ems.person({
      email: email.toUpperCase(),
      phone: '+351 912 345 678',
      date_of_birth: '1988-02-29',
      street: 'Rua Nova 1',
      city: 'Porto',
      region: 'Porto',
      postal_code: '4000-100',
      country: 'PT',
      language: 'pt-PT',
    });
    const event = await system.ems.event({ name: 'Harbour Marathon' });
    await system.ems.participant(event, await system.ems.race(event), { person_id: person });
    const newsletter = await system.ems.preference(person, true);
    const offers = await system.ems.preference(person, false, { topic: 'OFFERS' });
    await mautic.settle();
    const contact = await under.contact(await under.contactOf(person));
    expect(contact).toMatchObject({
      fields: {
        firstname: 'Ana',
        lastname: 'Silva',
        email,
        mobile: '+351912345678',
        address1: 'Rua Nova 1',
        city: 'Porto',
        zipcode: '4000-100',
        country: 'Portugal',
        preferred_locale: 'pt_PT',
        ems_birth_date: '1988-02-29',
        ems_events: 'Harbour Marathon',
        ems_person_id: person,
      },
      tags: ['ems'],
      segments: ['ems-newsletter'],
      doNotContact: [],
    });
    expect(await mautic.record('Person', person)).toMatchObject({ state: 'IN_SYNC', last_error: null });
    expect(await mautic.record('ContactPreference', newsletter)).toMatchObject({
      state: 'IN_SYNC',
      remote_id: `${contact?.id}/EMAIL/NEWSLETTER`,
      entity_synced_on: await system.modifiedOn('contact_preference', newsletter),
    });
    expect(await mautic.record('ContactPreference', offers)).toMatchObject({ state: 'IN_SYNC' });
  });

  test('an idle second sweep and poll write nothing anywhere', async () => {
    await under.personInStep({}, false);
    await mautic.settle();
    const versions = await system.rowVersions();
    await under.control.clearJournal();
    await mautic.sweep();
    await mautic.poll();
    expect(await under.control.journal({ writesOnly: true })).toEqual([]);
    expect(await system.rowVersions()).toEqual(versions);
  });

  test('what is cleared in EMS is cleared there, and zeros arrive', async () => {
    const { person, contact } = await under.personInStep({ city: 'Porto', postal_code: '00000', street: '0' });
    expect((await under.contact(contact))?.fields).toMatchObject({ zipcode: '00000', address1: '0' });
    await system.ems.update('person', person, { city: null });
    await mautic.sweep();
    const fields = (await under.contact(contact))?.fields ?? {};
    expect(fields).not.toHaveProperty('city');
    expect(fields).toMatchObject({ zipcode: '00000', address1: '0', firstname: 'Ana' });
  });

  test('an opt-out of every topic is a do-not-contact of EMS, and an opt-in takes that one back', async () => {
    const { person, contact, preference } = await under.personInStep();
    expect(preference).not.toBeNull();
    await system.ems.update('contact_preference', preference ?? '', { opted_in: false });
    await mautic.sweep();
    expect(await under.contact(contact)).toMatchObject({
      doNotContact: [{ channel: 'email', reason: 3, comments: 'EMS' }],
      segments: [],
    });
    expect(await mautic.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
    await system.ems.update('contact_preference', preference ?? '', { opted_in: true });
    await mautic.sweep();
    expect(await under.contact(contact)).toMatchObject({ doNotContact: [], segments: ['ems-newsletter'] });
  });
});

describe('consent that is refused there', () => {
  test('is read back by the poll: SUPPRESSED with the reason; an opt-in in EMS changes nothing at Mautic', async () => {
    const { person, contact, preference } = await under.personInStep();
    await under.control.backdoor({ do: 'unsubscribe', contact });
    await mautic.settle();
    expect(await mautic.record('Person', person)).toMatchObject({
      state: 'SUPPRESSED',
      last_error: 'email: unsubscribed',
    });
    expect(await mautic.record('ContactPreference', preference ?? '')).toMatchObject({ state: 'SUPPRESSED' });
    await system.ems.update('contact_preference', preference ?? '', { opted_in: false });
    await mautic.sweep();
    await system.ems.update('contact_preference', preference ?? '', { opted_in: true });
    await mautic.sweep();
    expect(await under.contact(contact)).toMatchObject({ doNotContact: [{ channel: 'email', reason: 1 }] });
    expect(await mautic.record('Person', person)).toMatchObject({ state: 'SUPPRESSED' });
  });

  test('other fields still go, and a person who says yes again at Mautic is in step again', async () => {
    const { person, contact } = await under.personInStep();
    await under.control.backdoor({ do: 'bounce', contact });
    await mautic.settle();
    await system.ems.update('person', person, { last_name: 'Sousa' });
    await mautic.sweep();
    expect((await under.contact(contact))?.fields['lastname']).toBe('Sousa');
    expect(await mautic.record('Person', person)).toMatchObject({ state: 'SUPPRESSED', last_error: 'email: bounced' });
    await under.control.backdoor({ do: 'allow-contact', contact });
    await mautic.settle();
    expect(await mautic.record('Person', person)).toMatchObject({ state: 'IN_SYNC', last_error: null });
    expect((await under.contact(contact))?.segments).toEqual(['ems-newsletter']);
  });
});
