import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

let system: System;
let runSignup: ProcessUnderTest;
let event: string;
let raceId: number;
let tenK: number;

beforeAll(async () => {
  system = await System.start({ targets: ['RUNSIGNUP'] });
  runSignup = system.process('RUNSIGNUP');
  const made = await system.runSignup.control.backdoor({
    do: 'create-race',
    race: { name: 'Harbour Weekend', timezone: 'America/New_York' },
    events: [{ name: '10K', start: '2099-06-07T08:30', distance: '10K' }],
  });
  raceId = made.raceId;
  tenK = made.eventIds[0] ?? 0;
  event = await system.ems.event({ name: 'Harbour Weekend', time_zone: 'America/New_York' });
  await runSignup.syncNow('Event', event, `link:${raceId}`);
  await runSignup.settle();
});

afterEach(async () => {
  await system.database.query('DROP TRIGGER IF EXISTS spoil ON sync_event_participant');
  await system.tidyUp();
});

afterAll(async () => {
  await system?.stop();
});

/** A registration with its row in EMS. */
async function runner(name: string) {
  const { registrationId } = await system.runSignup.control.backdoor({
    do: 'register',
    eventId: tenK,
    user: { firstName: name, lastName: 'Stephens', email: `${name}@clube.example`, dob: '1986-01-06' },
  });
  await runSignup.settle();
  return { registrationId, row: await runSignup.keyOf('EventParticipant', `${raceId}/${tenK}/${registrationId}`) };
}

test('a registration for which our database refuses the page’s statement is PARKED with its code, and keeps no other from being read', async () => {
  const [spoilt, other] = [await runner('spoilt'), await runner('other')];
  await system.database.query(`
    CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'refused by a test' USING ERRCODE = '22003'; END $$`);
  await system.database.query(`
    CREATE TRIGGER spoil BEFORE UPDATE ON sync_event_participant FOR EACH ROW
      WHEN (NEW.entity_key = ${spoilt.row} AND NEW.remote_synced_on IS DISTINCT FROM OLD.remote_synced_on)
      EXECUTE FUNCTION spoil()`);
  // Unmapped changes, for which only the time is touched, in one statement for all of them.
  const edit = (registrationId: number, set: Record<string, unknown>) =>
    system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set });
  await edit(spoilt.registrationId, { feeCents: 9_900 });
  await edit(other.registrationId, { bib: '77' });

  expect(await runSignup.poll()).toMatchObject({ ended: 'complete', totals: { EventParticipant: { malformed: 1 } } });

  expect(await runSignup.record('EventParticipant', spoilt.row)).toMatchObject({
    state: 'PARKED',
    last_error: 'malformed: the database refused a statement (SQLSTATE 22003)',
  });
  const { rows } = await system.database.query('SELECT bib FROM event_participant WHERE id = $1', [other.row]);
  expect(rows).toEqual([{ bib: '77' }]);

  await system.database.query('DROP TRIGGER spoil ON sync_event_participant');
  await runSignup.settle();
  expect(await runSignup.record('EventParticipant', spoilt.row)).toMatchObject({ state: 'IN_SYNC', last_error: null });
});
