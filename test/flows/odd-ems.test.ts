import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

/** A person who takes part in an event, in sync at TagServer. */
async function participant(): Promise<string> {
  const { ems } = system;
  const event = await ems.event();
  const person = await ems.person({ nationality: 'PT' });
  await ems.participant(event, await ems.race(event), { person_id: person });
  await system.sweep();
  expect(await system.remote('persons', person)).toMatchObject({ nationality: 'PT' });
  return person;
}

describe('a column that EMS has renamed (F1 case 20)', () => {
  afterEach(async () => {
    await system.database.query('ALTER TABLE person RENAME COLUMN nation TO nationality').catch(() => undefined);
  });

  test('stops what reads it, by name, and clears nothing; the rest goes on, and so does this when it is back', async () => {
    const { ems, database } = system;
    const person = await participant();
    const club = await ems.event();
    await database.query('ALTER TABLE person RENAME COLUMN nationality TO nation');
    await ems.update('person', person, { last_name: 'Costa' });
    await ems.update('event', club, { name: 'Harbour Night' });

    const result = await system.sweep();

    expect(result).toMatchObject({
      ended: 'incomplete',
      reason: expect.stringContaining('EMS has no person.nationality'),
    });
    expect(await system.remote('persons', person)).toMatchObject({ nationality: 'PT', familyName: 'Silva' });
    expect(await system.remote('events', club)).toMatchObject({ name: 'Harbour Night' });

    await database.query('ALTER TABLE person RENAME COLUMN nation TO nationality');
    expect((await system.sweep()).ended).toBe('complete');
    expect(await system.remote('persons', person)).toMatchObject({ nationality: 'PT', familyName: 'Costa' });
  });
});

describe('a modified_on that no other type holds (F1 case 07)', () => {
  test.each(['infinity', '20267-05-15 10:00:00+00', '0044-03-15 12:00:00+00 BC', '290000-01-01 00:00:00+00'])(
    '%s is delivered, recorded, and mended like any other',
    async (modifiedOn) => {
      const person = await participant();
      await system.ems.update('person', person, { last_name: 'Infinite', modified_on: modifiedOn });
      await system.sweep();
      expect(await system.remote('persons', person)).toMatchObject({ familyName: 'Infinite' });
      expect(await system.record('Person', person)).toMatchObject({ state: 'IN_SYNC', last_error: null });

      await system.ems.update('person', person, { last_name: 'Costa' });
      await system.sweep();
      expect(await system.remote('persons', person)).toMatchObject({ familyName: 'Costa' });
      expect(await system.record('Person', person)).toMatchObject({
        state: 'IN_SYNC',
        entity_synced_on: await system.modifiedOn('person', person),
      });
    },
  );
});

describe('a result that our database refuses', () => {
  afterEach(async () => {
    await system.database.query('DROP TRIGGER IF EXISTS refuse ON sync_person');
  });

  test('shows as FAILING with its error, and heals when the cause is mended', async () => {
    const person = await participant();
    await system.database.query(`
      CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused by a test' USING ERRCODE = '22009'; END $$`);
    await system.database.query(`
      CREATE TRIGGER refuse BEFORE UPDATE ON sync_person
        FOR EACH ROW WHEN (NEW.state = 'IN_SYNC') EXECUTE FUNCTION refuse()`);
    await system.ems.update('person', person, { last_name: 'Costa' });

    expect(await system.syncNow('Person', person)).toMatchObject({
      outcome: 'FAILING',
      reason: 'bug: the database refused a statement (SQLSTATE 22009)',
    });
    expect(await system.record('Person', person)).toMatchObject({
      state: 'FAILING',
      last_error_class: 'bug',
      last_error: 'the database refused a statement (SQLSTATE 22009)',
    });

    await system.database.query('DROP TRIGGER refuse ON sync_person');
    expect(await system.syncNow('Person', person)).toMatchObject({ outcome: 'IN_SYNC' });
    expect(await system.record('Person', person)).toMatchObject({ state: 'IN_SYNC', last_error: null });
    expect(await system.remote('persons', person)).toMatchObject({ familyName: 'Costa' });
  });
});
