import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ChatwootUnderTest } from './chatwoot-under-test.ts';

let under: ChatwootUnderTest;

beforeAll(async () => {
  under = await ChatwootUnderTest.start();
});

afterEach(() => under.system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

/** The account was restored or replaced, so the id of our person's contact belongs to another contact. */
async function givenAway(id: number, identifier: string | null = null) {
  const stranger = {
    name: 'Visitor One',
    email: `visitor${id}@elsewhere.example`,
    phone_number: `+4915112345${id + 10}`,
  };
  await under.edit(id, { ...stranger, identifier });
  return stranger;
}

describe('a contact that is a stranger’s by now (F1 case 01)', () => {
  test('is not written into EMS by a poll: the pair is parked, and looked at no more until the contact is ours again', async () => {
    const { system, process: chatwoot } = under;
    const { person, contact } = await under.personInStep();
    const before = await under.row('person', person);
    await givenAway(contact);
    await chatwoot.poll();
    expect(await under.row('person', person)).toEqual(before);
    const parked = await chatwoot.record('Person', person);
    expect(parked).toMatchObject({ state: 'PARKED', last_error: expect.stringMatching(/^changed hands: /) });

    const idle = await chatwoot.poll();
    expect(idle.totals['Person']).toMatchObject({ listed: 1, changed: 0, unknown: 0 });

    await under.edit(contact, {
      name: 'Ana Silva',
      email: before?.['email'] as string,
      phone_number: null,
      identifier: person,
    });
    await chatwoot.settle();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
    await system.ems.update('person', person, { last_name: 'Costa' });
    await chatwoot.sweep();
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Costa' });
  });

  test('is not written over when EMS changes its person', async () => {
    const { system, process: chatwoot } = under;
    const { person, contact } = await under.personInStep();
    const stranger = await givenAway(contact);
    await system.ems.update('person', person, { last_name: 'Costa' });
    await chatwoot.sweep();
    expect(await under.contact(contact)).toMatchObject({ ...stranger, identifier: null });
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'PARKED' });
  });

  test('nor when it carries the id of another person', async () => {
    const { system, process: chatwoot } = under;
    const { person, contact } = await under.personInStep();
    const stranger = await givenAway(contact, '987654321');
    await system.ems.update('person', person, { last_name: 'Costa' });
    await chatwoot.settle();
    expect(await under.contact(contact)).toMatchObject(stranger);
    expect((await chatwoot.record('Person', person))?.last_error).toMatch(
      /^changed hands: it carries the EMS id 987654321/,
    );
  });

  test('is not marked as removed when EMS deletes its person', async () => {
    const { system, process: chatwoot } = under;
    const { person, contact } = await under.personInStep();
    const stranger = await givenAway(contact);
    await system.ems.delete('person', person);
    await chatwoot.sweep();
    expect(await under.contact(contact)).toMatchObject(stranger);
    expect((await under.contact(contact))?.custom_attributes).not.toMatchObject({ ems_removed: true });
  });
});

test('an identifier that no bigint holds is another system’s: it keeps no contact of its page from being read', async () => {
  const { person, contact } = await under.personInStep();
  await under.control.backdoor({
    do: 'create-contact',
    set: { name: 'Somebody', email: 'somebody@elsewhere.example', identifier: '9999999999999999999' },
  });
  await under.edit(contact, { name: 'Ana Costa' });

  expect(await under.process.poll()).toMatchObject({ ended: 'complete', reason: null });

  expect(await under.row('person', person)).toMatchObject({ last_name: 'Costa' });
});
