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

afterEach(() => system.tidyUp());

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

const worn = async (id: number) => {
  const registration = (await system.runSignup.control.state()).registrations[id];
  return { bib: registration?.bib, chip: registration?.chip };
};

test('a registration that cannot be sent wears neither its old bib nor its old chip at RunSignup, though nobody is refused them there', async () => {
  const { ems } = system;
  const [four, five] = [await runner('four'), await runner('five')];
  const tag = await ems.tag(four.row, { code: 'AAAA0004' });
  await ems.update('event_participant', four.row, { bib: '4' });
  await runSignup.settle();
  expect(await worn(four.registrationId)).toEqual({ bib: '4', chip: 'AAAA0004' });

  // RunSignup does not accept a bib with letters.
  await ems.update('event_participant', four.row, { bib: 'A4' });
  await ems.update('event_participant', five.row, { bib: '4' });
  await ems.update('tag', tag, { event_participant_id: five.row });
  await runSignup.settle();

  expect(await runSignup.record('EventParticipant', four.row)).toMatchObject({ state: 'PARKED' });
  expect(await worn(five.registrationId)).toEqual({ bib: '4', chip: 'AAAA0004' });
  expect(await worn(four.registrationId)).toEqual({ bib: null, chip: null });
  // The echo of our own write is not a change, and an idle round writes nothing.
  const versions = await system.rowVersions();
  await runSignup.sweep();
  expect((await runSignup.poll()).totals['EventParticipant']).toMatchObject({ changed: 0 });
  expect(await system.rowVersions()).toEqual(versions);

  await ems.update('event_participant', four.row, { bib: '44' });
  await runSignup.settle();
  expect(await worn(four.registrationId)).toEqual({ bib: '44', chip: null });
});
