import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../clients/run-cli.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

let system: System;
let chatwoot: ProcessUnderTest;
let mautic: ProcessUnderTest;
let tagServer: ProcessUnderTest;
let people = 0;

beforeAll(async () => {
  system = await System.start({ targets: ['TAGSERVER', 'MAUTIC', 'CHATWOOT'] });
  [chatwoot, mautic, tagServer] = [system.process('CHATWOOT'), system.process('MAUTIC'), system.process('TAGSERVER')];
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

const GIVEN_OUT_AGAIN = { state: 'PARKED', last_error: expect.stringMatching(/^id given out again: /) };

/** A person at all three targets who has since written to support. */
async function oldPerson() {
  people += 1;
  const person = await system.ems.person({ email: `ana${people}@clube.example` });
  const event = await system.ems.event();
  const race = await system.ems.race(event);
  const participant = await system.ems.participant(event, race, { person_id: person });
  await Promise.all([chatwoot.sweep(), mautic.sweep(), tagServer.sweep()]);
  const contact = Number((await chatwoot.record('Person', person))?.remote_id);
  const { conversation } = await system.chatwoot.control.backdoor({
    do: 'customer-writes',
    contact,
    content: 'My doctor says that I must not run',
  });
  return {
    person,
    contact,
    conversation: conversation ?? 0,
    participant,
    mauticContact: await mauticContactOf(person),
  };
}

async function mauticContactOf(person: string): Promise<number> {
  return Number((await mautic.record('Person', person))?.remote_id);
}

/** Imitates EMS after a restore: the next person gets the same id. */
async function givenOutAgain({ person, participant }: { readonly person: string; readonly participant: string }) {
  await system.ems.delete('event_participant', participant);
  await system.ems.delete('person', person);
  people += 1;
  const email = `newcomer${people}@other.example`;
  await system.ems.insert('person', { id: person, first_name: 'Other', last_name: 'Newcomer', email });
  const event = await system.ems.event();
  await system.ems.participant(event, await system.ems.race(event), { person_id: person });
  return email;
}

/** The restore also reset our records: what was delivered after the backup is unknown. */
async function restoredRecords(...persons: string[]): Promise<void> {
  await system.database.query('DELETE FROM sync_person WHERE entity_key = ANY ($1::bigint[])', [persons]);
}

const contacts = async () => (await system.chatwoot.control.state()).contacts;
const mauticContact = async (id: number) => (await system.mautic.control.state()).contacts[id] ?? null;

async function rowsOf(person: string) {
  const { rows } = await system.database.query('SELECT first_name, email FROM person WHERE id = $1', [person]);
  const { rows: conversations } = await system.database.query('SELECT id FROM conversation WHERE person_id = $1', [
    person,
  ]);
  return { person: rows[0], conversations };
}

async function cli(...args: string[]) {
  const run = await runCli(args, system.environment);
  return { ...run, said: `${run.stdout}${run.stderr}` };
}

async function everything(): Promise<void> {
  await tagServer.sweep();
  await tagServer.quiet();
  for (const process of [mautic, chatwoot]) await process.settle();
  await tagServer.sweep();
}

describe('EMS gives an id out again (F1 case 03)', () => {
  test.each([
    ['our records know of the former row', false],
    ['our records were restored, too, and know nothing of it', true],
  ])(
    '%s: nothing is written on either side, and the newcomer does not get the private messages',
    async (_, forgotten) => {
      const old = await oldPerson();
      const { person, contact } = old;
      const email = await givenOutAgain(old);
      if (forgotten) await restoredRecords(person);
      await everything();

      expect((await contacts())[contact]).toMatchObject({
        name: 'Ana Silva',
        custom_attributes: { ems_person_id: person },
      });
      expect((await mauticContact(old.mauticContact))?.fields).toMatchObject({
        firstname: 'Ana',
        ems_person_id: person,
      });
      expect(await system.remote('persons', person)).toMatchObject({ givenName: 'Ana' });
      expect(await rowsOf(person)).toEqual({ person: { first_name: 'Other', email }, conversations: [] });
      for (const process of [chatwoot, mautic, tagServer]) {
        expect([process.name, await process.record('Person', person)]).toMatchObject([process.name, GIVEN_OUT_AGAIN]);
      }
      const idle = [await chatwoot.poll(), await chatwoot.sweep(), await mautic.sweep(), await tagServer.sweep()];
      for (const { totals } of idle) {
        for (const counts of Object.values(totals)) expect(counts).toMatchObject(worksOnNothing(counts));
      }
      expect((await cli('why', 'Person', person)).said).toMatch(/npx ems-sync adopt Person \d+ if it is the same/);
    },
  );

  test('adopt: it is the same person, whatever has changed: the pair goes on, messages and all', async () => {
    const old = await oldPerson();
    const { person, contact } = old;
    const email = await givenOutAgain(old);
    await everything();
    expect(await cli('adopt', 'Person', person)).toMatchObject({ code: 0 });
    await everything();
    expect((await contacts())[contact]).toMatchObject({
      name: 'Other Newcomer',
      custom_attributes: { ems_person_id: person },
      email,
    });
    expect((await mauticContact(old.mauticContact))?.fields).toMatchObject({ firstname: 'Other', email });
    expect(await system.remote('persons', person)).toMatchObject({ givenName: 'Other' });
    expect((await rowsOf(person)).conversations).toHaveLength(1);
    expect(await cli('adopt', 'Person', person)).toMatchObject({ code: 1 });
  });

  test('adopt after our records were restored: what carries the id is the row’s', async () => {
    const old = await oldPerson();
    const { person, contact } = old;
    const email = await givenOutAgain(old);
    await restoredRecords(person);
    await everything();
    expect(await cli('adopt', 'Person', person)).toMatchObject({ code: 0 });
    await everything();
    expect((await contacts())[contact]).toMatchObject({ name: 'Other Newcomer', email });
    expect((await mauticContact(old.mauticContact))?.fields).toMatchObject({ firstname: 'Other' });
    expect(await system.remote('persons', person)).toMatchObject({ givenName: 'Other' });
  });

  test.each([
    ['our records know of the former row', false],
    ['our records were restored, too', true],
  ])(
    'start-anew, %s: the former one leaves by each target’s policy, the newcomer gets its own',
    async (_, forgotten) => {
      const old = await oldPerson();
      const { person, contact } = old;
      const email = await givenOutAgain(old);
      if (forgotten) await restoredRecords(person);
      await everything();
      expect(await cli('start-anew', 'Person', person)).toMatchObject({ code: 0 });
      await everything();

      const all = await contacts();
      expect(all[contact]).toMatchObject({ name: 'Ana Silva', custom_attributes: { ems_removed: true } });
      expect(all[contact]?.identifier ?? null).toBeNull();
      const own = Object.values(all).filter(({ custom_attributes }) => custom_attributes['ems_person_id'] === person);
      expect(own).toMatchObject([{ name: 'Other Newcomer', email }]);
      expect(await mauticContact(old.mauticContact)).toBeNull();
      expect((await mauticContact(await mauticContactOf(person)))?.fields).toMatchObject({ firstname: 'Other', email });
      expect(await system.remote('persons', person)).toMatchObject({ givenName: 'Other' });
      expect((await rowsOf(person)).conversations).toEqual([]);
      for (const process of [chatwoot, mautic, tagServer]) {
        expect([process.name, await process.record('Person', person)]).toMatchObject([
          process.name,
          { state: 'IN_SYNC' },
        ]);
      }
    },
  );

  test('the former row comes back: its pairs go on by themselves', async () => {
    const old = await oldPerson();
    const { person } = old;
    await givenOutAgain(old);
    await everything();
    const email = `ana${person}@new.example`;
    await system.ems.update('person', person, { first_name: 'Ana', last_name: 'Silva', email });
    await everything();
    for (const process of [chatwoot, mautic, tagServer]) {
      expect([process.name, await process.record('Person', person)]).toMatchObject([
        process.name,
        { state: 'IN_SYNC' },
      ]);
    }
    expect((await contacts())[old.contact]).toMatchObject({ email });
  });
});

describe('what is no other row', () => {
  test('edits of one field after another reach every target', async () => {
    const { person, contact } = await oldPerson();
    for (const edit of [{ last_name: 'Costa' }, { email: `costa${person}@new.example` }, { first_name: 'Anna' }]) {
      await system.ems.update('person', person, edit);
      await everything();
    }
    expect((await contacts())[contact]).toMatchObject({ name: 'Anna Costa', email: `costa${person}@new.example` });
    expect(await system.remote('persons', person)).toMatchObject({ givenName: 'Anna', familyName: 'Costa' });
  });

  test('an agent changes all that identifies a person: it is the same at the other targets', async () => {
    const { person, contact, mauticContact: id } = await oldPerson();
    const email = `married${person}@new.example`;
    await system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: 'Anabela Costa', email } });
    await chatwoot.settle();
    await everything();
    expect((await mauticContact(id))?.fields).toMatchObject({ firstname: 'Anabela', lastname: 'Costa', email });
    expect(await system.remote('persons', person)).toMatchObject({ givenName: 'Anabela', familyName: 'Costa' });
  });
});

/** The counts of a sweep or poll that starts no workflow. */
function worksOnNothing(counts: object): object {
  return Object.fromEntries(
    ['started', 'busy', 'changed', 'unknown'].filter((name) => name in counts).map((name) => [name, 0]),
  );
}
