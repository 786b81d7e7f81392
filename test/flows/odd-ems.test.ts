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

/** A person who takes part in an event, in step at TagServer. */
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
