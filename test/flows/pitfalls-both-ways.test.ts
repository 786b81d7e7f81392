import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ChatwootUnderTest } from './chatwoot-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

/** Rows of design/pitfalls.md that two-way flows can fall into; docs/pitfalls.md names the test of each. */

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

const CONTACTS = '/api/v1/accounts/1/contacts';

async function peopleWith(email: string): Promise<number> {
  const { rowCount } = await system.database.query('SELECT FROM person WHERE email = $1', [email]);
  return rowCount ?? 0;
}

test('an older change that fails is not skipped because a newer one got through (5)', async () => {
  const [failing, fine] = [await under.personInStep(), await under.personInStep()];
  const conversations = [];
  for (const { contact } of [failing, fine]) {
    conversations.push(await under.control.backdoor({ do: 'customer-writes', contact, content: 'Hello' }));
  }
  const [older, newer] = conversations.map(({ conversation }) => conversation) as [number, number];
  const only = { method: 'GET', prefix: `/api/v1/accounts/1/conversations/${older}` };
  await under.control.setFaults({ respond: { status: 500, times: 3, match: only } });
  const poll = chatwoot.poll();
  await system.eventually('the newer one', async () => {
    const record = await chatwoot.recordOfRemote('Conversation', newer);
    return record?.state === 'IN_SYNC';
  });
  expect(await chatwoot.recordOfRemote('Conversation', older)).toBeNull();
  await poll;
  for (const conversation of [older, newer]) {
    expect(await under.messages(await chatwoot.keyOf('Conversation', conversation))).toHaveLength(1);
  }
});

test('answers of creates are lost: each person has one contact (16)', async () => {
  const people = [];
  for (let i = 0; i < 20; i += 1) people.push(await system.ems.person({ email: under.email() }));
  await under.control.setFaults({
    failAfter: { chance: 0.5, times: 20, match: { method: 'POST', prefix: CONTACTS } },
    seed: 3,
  });
  await chatwoot.sweep();
  await under.control.clearFaults();
  await chatwoot.quiet();
  await chatwoot.settle();
  const { contacts } = await under.control.state();
  for (const person of people) {
    expect(
      Object.values(contacts).filter(({ custom_attributes }) => custom_attributes['ems_person_id'] === person),
    ).toHaveLength(1);
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
  }
});

test('workers die while strangers become persons: each is one person, linked once (17)', async () => {
  const emails = Array.from({ length: 25 }, () => under.email());
  for (const email of emails) await under.control.backdoor({ do: 'create-contact', set: { name: 'Ana Silva', email } });
  const poll = chatwoot.poll();
  for (const afterMs of [300, 900]) {
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await system.stopWorkers('SIGKILL');
    await system.startWorkers();
  }
  await poll;
  await chatwoot.settle();
  for (const email of emails) {
    expect([email, await peopleWith(email)]).toEqual([email, 1]);
    const [contact] = await under.contactsWith(email);
    expect(await chatwoot.recordOfRemote('Person', contact?.id ?? 0)).toMatchObject({ state: 'IN_SYNC' });
  }
});

test('an EMS row that is restored under its old id has its contact again, unmarked (23, 24)', async () => {
  const { person, contact } = await under.personInStep({ first_name: 'Back' });
  const row = await under.row('person', person);
  await system.ems.delete('person', person);
  await chatwoot.settle();
  expect(await under.contact(contact)).toMatchObject({ custom_attributes: { ems_removed: true } });
  await system.ems.insert('person', { id: person, first_name: 'Back', last_name: 'Silva', email: row['email'] });
  await chatwoot.settle();
  expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: String(contact) });
  expect((await under.contact(contact))?.custom_attributes['ems_removed'] ?? null).toBeNull();
});

test.each(['EMS', 'ChatWoot'])('a value is set, cleared and set again at %s (29)', async (side) => {
  const { person, contact } = await under.personInStep();
  const [first, second] = side === 'EMS' ? ['+351955555551', '+351955555552'] : ['+351955555553', '+351955555554'];
  for (const phone of [first, null, second]) {
    if (side === 'EMS') await system.ems.update('person', person, { phone });
    else await under.edit(contact, { phone_number: phone });
    await chatwoot.settle();
    expect(await under.contact(contact)).toMatchObject({ phone_number: phone });
    expect(await under.row('person', person)).toMatchObject({ phone });
  }
});

test('a change in EMS while an inbound change is fetched is not lost (8)', async () => {
  const { person, contact } = await under.personInStep();
  await under.edit(contact, { name: 'Ana Slow' });
  await under.control.setFaults({ latency: { ms: 1_500, match: { method: 'GET', prefix: `${CONTACTS}/${contact}` } } });
  const poll = chatwoot.poll();
  await new Promise((resolve) => setTimeout(resolve, 800));
  await system.ems.update('person', person, { last_name: 'Meanwhile' });
  await poll;
  await under.control.clearFaults();
  await chatwoot.settle();
  expect(await under.row('person', person)).toMatchObject({ last_name: 'Meanwhile' });
  expect(await under.contact(contact)).toMatchObject({ name: 'Ana Meanwhile' });
});

test('what changes at each read and is not mapped moves nothing (15)', async () => {
  const { person, contact } = await under.personInStep();
  await chatwoot.settle();
  const before = await under.writes();
  for (let i = 0; i < 3; i += 1) {
    await under.edit(contact, { additional_attributes: { fetched_at: `${i}` } });
    await chatwoot.poll();
  }
  expect(await under.writes()).toBe(before);
  expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
});

test('what a list shows late is read late, though newer changes were read before (3)', async () => {
  const [late, early] = [await under.personInStep(), await under.personInStep()];
  await chatwoot.settle();
  const hidden = await under.control.backdoor({ do: 'customer-writes', contact: late.contact, content: 'Shown late' });
  await under.control.setFaults({ readLag: { ms: 3_600_000 } });
  await chatwoot.poll();
  expect(await chatwoot.recordOfRemote('Conversation', hidden.conversation)).toBeNull();
  await under.control.clearFaults();
  await under.control.backdoor({ do: 'customer-writes', contact: early.contact, content: 'Shown at once' });
  await chatwoot.settle();
  expect(await under.messages(await chatwoot.keyOf('Conversation', hidden.conversation))).toHaveLength(1);
});

test('the cursor is never ahead of the latest time that ChatWoot has told (4)', async () => {
  const { contact } = await under.personInStep();
  await under.control.backdoor({ do: 'customer-writes', contact, content: 'When was this?' });
  await chatwoot.settle();
  const { conversations } = await under.control.state();
  const { rows } = await system.database.query(
    "SELECT extract(epoch FROM position)::float AS position FROM sync_cursor WHERE entity_type = 'Conversation'",
  );
  const newest = Math.max(...Object.values(conversations).map(({ updated_at: at }) => new Date(at).getTime() / 1_000));
  expect(rows).toHaveLength(1);
  expect(rows[0].position).toBeLessThanOrEqual(newest + 0.001);
  expect(rows[0].position).toBeGreaterThan(newest - 60);
});

test('records that cannot be looked up are not "never synchronised": nobody is made twice (19)', async () => {
  const known = [];
  for (let i = 0; i < 5; i += 1) known.push(await under.personInStep());
  for (const { contact } of known) await under.edit(contact, { name: 'Ana Known' });
  const { rows: before } = await system.database.query('SELECT count(*) FROM person');
  await system.database.query('ALTER TABLE sync_person RENAME COLUMN remote_id TO elsewhere');
  try {
    await expect(chatwoot.poll()).rejects.toThrow('Workflow execution failed');
  } finally {
    await system.database.query('ALTER TABLE sync_person RENAME COLUMN elsewhere TO remote_id');
  }
  const { rows: after } = await system.database.query('SELECT count(*) FROM person');
  expect(after).toEqual(before);
  await chatwoot.settle();
  for (const { person } of known) expect(await under.row('person', person)).toMatchObject({ last_name: 'Known' });
  expect((await system.database.query('SELECT count(*) FROM person')).rows).toEqual(before);
});

describe('two targets at once', () => {
  let both: System;

  beforeAll(async () => {
    both = await System.start({ targets: ['RUNSIGNUP', 'CHATWOOT'] });
  });

  afterAll(async () => {
    await both?.stop();
  });

  async function linkedRace(events: readonly string[]) {
    const { raceId, eventIds } = await both.runSignup.control.backdoor({
      do: 'create-race',
      race: { name: `Race ${events.join(' ')}`, timezone: 'America/New_York' },
      events: events.map((name) => ({ name, start: '2099-06-07T08:30' })),
    });
    const event = await both.ems.event({ name: 'Race', time_zone: 'America/New_York' });
    await both.process('RUNSIGNUP').syncNow('Event', event, `link:${raceId}`);
    await both.process('RUNSIGNUP').settle();
    return { raceId, eventIds };
  }

  test('registrations of one new person in two events, read at once, make one person (18)', async () => {
    const { eventIds } = await linkedRace(['5K', '10K']);
    const user = { firstName: 'Once', lastName: 'Only', email: 'once@clube.example', dob: '1990-01-01' };
    const first = await both.runSignup.control.backdoor({ do: 'register', eventId: eventIds[0] ?? 0, user });
    await both.runSignup.control.backdoor({ do: 'register', eventId: eventIds[1] ?? 0, userId: first.userId });
    await both.process('RUNSIGNUP').settle();
    const { rows } = await both.database.query("SELECT id FROM person WHERE email = 'once@clube.example'");
    expect(rows).toHaveLength(1);
    const { rowCount } = await both.database.query('SELECT FROM event_participant WHERE person_id = $1', [rows[0].id]);
    expect(rowCount).toBe(2);
  });

  test('a stranger who registers, and then writes to support, is one person', async () => {
    const { eventIds } = await linkedRace(['Mile']);
    const user = { firstName: 'Both', lastName: 'Ways', email: 'both@clube.example', dob: '1990-01-01' };
    const { userId } = await both.runSignup.control.backdoor({ do: 'register', eventId: eventIds[0] ?? 0, user });
    await both.process('RUNSIGNUP').settle();
    const set = { name: 'Both W.', email: 'both@clube.example' };
    const { contact } = await both.chatwoot.control.backdoor({ do: 'create-contact', set });
    await both.process('CHATWOOT').settle();
    const person = await both.process('RUNSIGNUP').keyOf('Person', userId);
    expect(await both.process('CHATWOOT').keyOf('Person', contact)).toBe(person);
    const { rowCount } = await both.database.query("SELECT FROM person WHERE email = 'both@clube.example'");
    expect(rowCount).toBe(1);
  });

  test('one target is down: the other goes on, and the first catches up with the latest state only (36)', async () => {
    const { raceId, eventIds } = await linkedRace(['Relay']);
    const user = { firstName: 'Late', lastName: 'Runner', email: 'late@clube.example', dob: '1990-01-01' };
    const { registrationId } = await both.runSignup.control.backdoor({
      do: 'register',
      eventId: eventIds[0] ?? 0,
      user,
    });
    await both.process('RUNSIGNUP').settle();
    await both.process('CHATWOOT').settle();
    const participant = await both
      .process('RUNSIGNUP')
      .keyOf('EventParticipant', `${raceId}/${eventIds[0]}/${registrationId}`);
    await both.runSignup.control.setFaults({ refuse: { code: 6 } });
    expect(await both.process('RUNSIGNUP').poll()).toMatchObject({ ended: 'target-down' });
    for (const bib of ['1', '2', '3']) await both.ems.update('event_participant', participant, { bib });
    const person = await both.ems.person({ email: 'meanwhile@clube.example' });
    await both.process('CHATWOOT').sweep();
    expect(await both.process('CHATWOOT').record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
    await both.runSignup.control.clearFaults();
    const before = (await both.runSignup.control.journal({ writesOnly: true })).length;
    await both.process('RUNSIGNUP').settle();
    const { registrations } = await both.runSignup.control.state();
    expect(registrations[registrationId]).toMatchObject({ bib: '3' });
    expect((await both.runSignup.control.journal({ writesOnly: true })).length).toBe(before + 1);
  });
});
