import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ChatwootUnderTest } from './chatwoot-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

let under: ChatwootUnderTest;
let system: System;
let chatwoot: ProcessUnderTest;

beforeAll(async () => {
  under = await ChatwootUnderTest.start();
  ({ system, process: chatwoot } = under);
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

/** Mother, father and child with one e-mail address; the mother is the oldest. */
async function family() {
  const email = under.email();
  const child = await system.ems.person({ first_name: 'Child', email, date_of_birth: '2018-02-28' });
  const mother = await system.ems.person({ first_name: 'Mother', email, date_of_birth: '1984-02-29' });
  const father = await system.ems.person({
    first_name: 'Father',
    email: email.toUpperCase(),
    date_of_birth: '1985-01-01',
  });
  await chatwoot.settle();
  return { email, child, mother, father };
}

const states = async (...people: string[]) =>
  Promise.all(people.map(async (person) => (await chatwoot.record('Person', person))?.state ?? null));

describe('a shared e-mail address', () => {
  test('is one contact: the oldest adult owns it, the others are SHARED, and nothing is due', async () => {
    const { email, child, mother, father } = await family();
    expect(await states(mother, father, child)).toEqual(['IN_SYNC', 'SHARED', 'SHARED']);
    expect(await under.contactsWith(email)).toMatchObject([
      { custom_attributes: { ems_person_id: mother }, name: 'Mother Silva' },
    ]);
    expect(await chatwoot.record('Person', child)).toMatchObject({
      shared_with: mother,
      waiting_for: null,
      remote_id: null,
    });
    const versions = await system.rowVersions();
    await chatwoot.sweep();
    expect(await system.rowVersions()).toEqual(versions);
  });

  test('the owner stays owner though somebody older comes', async () => {
    const { email, mother } = await family();
    const grandmother = await system.ems.person({ first_name: 'Old', email, date_of_birth: '1950-01-01' });
    await chatwoot.settle();
    expect(await states(mother, grandmother)).toEqual(['IN_SYNC', 'SHARED']);
    expect(await under.contactsWith(email)).toMatchObject([{ custom_attributes: { ems_person_id: mother } }]);
  });

  test('the owner is deleted in EMS: the contact, with its conversations, is handed over', async () => {
    const { email, child, mother, father } = await family();
    const contact = await under.contactOf(mother);
    await system.ems.delete('person', mother);
    await chatwoot.settle();
    expect(await states(mother, father, child)).toEqual([null, 'IN_SYNC', 'SHARED']);
    expect(await under.contactsWith(email)).toMatchObject([
      { id: contact, custom_attributes: { ems_person_id: father }, name: 'Father Silva' },
    ]);
    expect((await under.contact(contact))?.custom_attributes['ems_removed'] ?? null).toBeNull();
  });

  test('the owner moves to another address: both are reachable', async () => {
    const { email, child, mother, father } = await family();
    const moved = under.email();
    await system.ems.update('person', mother, { email: moved });
    await chatwoot.settle();
    expect(await states(mother, father, child)).toEqual(['IN_SYNC', 'IN_SYNC', 'SHARED']);
    expect(await under.contactsWith(moved)).toMatchObject([{ custom_attributes: { ems_person_id: mother } }]);
    expect(await under.contactsWith(email)).toMatchObject([{ custom_attributes: { ems_person_id: father } }]);
  });

  test('a SHARED person gets an address of its own, and then a contact', async () => {
    const { child } = await family();
    const own = under.email();
    await system.ems.update('person', child, { email: own });
    await chatwoot.settle();
    expect(await states(child)).toEqual(['IN_SYNC']);
    expect(await under.contactsWith(own)).toMatchObject([{ custom_attributes: { ems_person_id: child } }]);
  });

  test('two persons with contacts of their own come to share: one contact is left in use', async () => {
    const one = await under.personInStep({ first_name: 'One', date_of_birth: '1970-01-01' });
    const two = await under.personInStep({ first_name: 'Two', date_of_birth: '1980-01-01' });
    const { email } = await under.row('person', one.person);
    await system.ems.update('person', two.person, { email });
    await chatwoot.settle();
    expect(await states(one.person, two.person)).toEqual(['IN_SYNC', 'SHARED']);
    expect(await under.contactsWith(email)).toMatchObject([{ custom_attributes: { ems_person_id: one.person } }]);
    expect(await under.contact(two.contact)).toMatchObject({ custom_attributes: { ems_removed: true } });
  });

  test('a conversation of a SHARED person is at the contact that stands for it', async () => {
    const { child, mother } = await family();
    const conversation = await system.ems.insert('conversation', { person_id: child, subject: 'Lost property' });
    await system.ems.insert('conversation_message', {
      conversation_id: conversation,
      author: 'EMS',
      body: 'A shoe',
      private: true,
    });
    await chatwoot.settle();
    const { conversations } = await under.control.state();
    const record = await chatwoot.record('Conversation', conversation);
    expect(record).toMatchObject({ state: 'IN_SYNC' });
    expect(conversations[record?.remote_id ?? '']).toMatchObject({ contact_id: await under.contactOf(mother) });
  });
});

describe('addresses that move', () => {
  test('two persons swap their e-mail addresses', async () => {
    const one = await under.personInStep();
    const two = await under.personInStep();
    const [first, second] = [await under.row('person', one.person), await under.row('person', two.person)];
    await system.ems.update('person', one.person, { email: second['email'] });
    await system.ems.update('person', two.person, { email: first['email'] });
    await chatwoot.settle();
    expect(await states(one.person, two.person)).toEqual(['IN_SYNC', 'IN_SYNC']);
    expect(await under.contact(one.contact)).toMatchObject({
      email: second['email'],
      custom_attributes: { ems_person_id: one.person },
    });
    expect(await under.contact(two.contact)).toMatchObject({
      email: first['email'],
      custom_attributes: { ems_person_id: two.person },
    });
  });

  test('an e-mail goes from A to B and back: one contact throughout', async () => {
    const { person, contact } = await under.personInStep();
    const { email: a } = await under.row('person', person);
    const b = under.email();
    for (const email of [b, a]) {
      await system.ems.update('person', person, { email });
      await chatwoot.sweep();
      expect(await under.contactsWith(email)).toMatchObject([
        { id: contact, custom_attributes: { ems_person_id: person } },
      ]);
    }
    expect(await under.contactsWith(b)).toEqual([]);
  });

  test('a phone that several persons with addresses of their own share is at one contact', async () => {
    const phone = '+351911111111';
    const older = await under.personInStep({ phone, date_of_birth: '1960-01-01' });
    const younger = await under.personInStep({ phone, date_of_birth: '1990-01-01' });
    await chatwoot.settle();
    expect(await states(older.person, younger.person)).toEqual(['IN_SYNC', 'IN_SYNC']);
    expect(await under.contact(older.contact)).toMatchObject({ phone_number: phone });
    expect(await under.contact(younger.contact)).toMatchObject({ phone_number: null });
    expect(await under.row('person', younger.person)).toMatchObject({ phone });
  });
});

describe('contacts that agents merge', () => {
  test('into one that EMS does not know: the person goes on there', async () => {
    const { person, contact } = await under.personInStep();
    const { contact: base } = await under.control.backdoor({ do: 'create-contact', set: { name: 'Web visitor' } });
    await under.control.backdoor({ do: 'merge-contacts', base, mergee: contact });
    await chatwoot.settle();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: String(base) });
    expect(await under.contact(base)).toMatchObject({ custom_attributes: { ems_person_id: person } });
  });

  test('two of ours: neither is written over blindly, and the pair that lost its contact is unlinked', async () => {
    const one = await under.personInStep();
    const two = await under.personInStep();
    await under.control.backdoor({ do: 'merge-contacts', base: one.contact, mergee: two.contact });
    await chatwoot.settle();
    expect(await under.contact(one.contact)).toMatchObject({ custom_attributes: { ems_person_id: one.person } });
    const merged = await chatwoot.record('Person', two.person);
    // A merged contact looks like a deleted one: the pair is unlinked, and EMS keeps its row.
    expect(merged).toMatchObject({ state: 'UNLINKED', remote_id: null });
    expect(await under.row('person', two.person)).toMatchObject({ first_name: 'Ana' });
  });
});
