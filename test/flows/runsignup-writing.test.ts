import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

/** RunSignup's personal data are written only if a setting allows it. */
let system: System;
let runSignup: ProcessUnderTest;
let event: string;
let raceId: number;
let tenK: number;

beforeAll(async () => {
  system = await System.start({
    targets: ['RUNSIGNUP'],
    settings: { RUNSIGNUP_CREATE_RACES: 'true', RUNSIGNUP_WRITE_PERSONAL: 'true', RUNSIGNUP_WRITE_CORRALS: 'true' },
  });
  runSignup = system.process('RUNSIGNUP');
  const made = await system.runSignup.control.backdoor({
    do: 'create-race',
    race: { name: 'Harbour Weekend', timezone: 'America/New_York' },
    events: [
      { name: '10K', start: '2099-06-07T08:30', distance: '10K' },
      { name: 'Half', start: '2099-06-07T10:00', distance: 'Half Marathon' },
    ],
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

async function eventsOfRace(): Promise<string[]> {
  const { events } = await system.runSignup.control.state();
  return Object.values(events).flatMap((one) => (one.raceId === raceId ? [one.name] : []));
}

describe('RunSignup, written by setting', () => {
  test('Outbound Sync - New Entity Records: a race of a linked event becomes an event there, and no other goes', async () => {
    const race = await system.ems.race(event, { name: 'Mile', distance_m: 1_609, starts_on: '2099-06-07T16:00:00Z' });
    await runSignup.settle();
    expect(await runSignup.record('Race', race)).toMatchObject({ state: 'IN_SYNC' });
    expect(new Set(await eventsOfRace())).toEqual(new Set(['10K', 'Half', 'Mile']));
  });

  test('an answer that is lost makes no second event', async () => {
    await system.runSignup.control.setFaults({ failAfter: { times: 1, match: { method: 'POST' } } });
    await system.ems.race(event, { name: 'Kids', distance_m: 500, starts_on: '2099-06-07T17:00:00Z' });
    await runSignup.settle();
    await system.runSignup.control.clearFaults();
    await runSignup.settle();
    expect((await eventsOfRace()).filter((name) => name === 'Kids')).toHaveLength(1);
  });

  test('Outbound Sync - Updated Entity Record: a race that is renamed keeps its registrations, and every event stays', async () => {
    const { registrationId } = await system.runSignup.control.backdoor({
      do: 'register',
      eventId: tenK,
      user: { firstName: 'Stays', lastName: 'Here', email: 'stays@clube.example', dob: '1990-01-01' },
    });
    await runSignup.settle();
    const before = (await eventsOfRace()).length;
    const race = await runSignup.keyOf('Race', `${raceId}/${tenK}`);
    await system.ems.update('race', race, { name: 'Ten' });
    await runSignup.settle();
    const names = await eventsOfRace();
    expect(names).toHaveLength(before);
    expect(names).toContain('Ten');
    const { registrations } = await system.runSignup.control.state();
    expect(registrations[registrationId]).toBeDefined();
  });

  test('Outbound Sync - Updated Entity Record: a start group that changes later changes its corral', async () => {
    await system.runSignup.control.assume({ corralsTell: 'all' });
    const race = await runSignup.keyOf('Race', `${raceId}/${tenK}`);
    const wave = { race_id: race, name: 'Wave A', sequence: 1, starts_on: '2099-06-07T12:30:00Z' };
    const group = await system.ems.insert('start_group', wave);
    await runSignup.settle();
    const corrals = async () => Object.values((await system.runSignup.control.state()).corrals);
    expect(await corrals()).toMatchObject([{ name: 'Wave A', startDescription: '08:30', eventIds: [tenK] }]);
    await system.ems.update('start_group', group, { name: 'Elite', starts_on: '2099-06-07T12:45:00Z' });
    await runSignup.settle();
    expect(await corrals()).toMatchObject([{ name: 'Elite', startDescription: '08:45', eventIds: [tenK] }]);
  });

  test('Outbound Sync - Updated Entity Record: a person’s name goes out; what an account holder may only change alone is refused, and the bib is not lost', async () => {
    const user = {
      account: false,
      firstName: 'Maria',
      lastName: 'Old',
      email: 'maria@clube.example',
      dob: '1990-01-01',
    };
    const { userId, registrationId } = await system.runSignup.control.backdoor({ do: 'register', eventId: tenK, user });
    await runSignup.settle();
    const person = await runSignup.keyOf('Person', userId);
    await system.ems.update('person', person, { last_name: 'New' });
    await runSignup.settle();
    expect((await system.runSignup.control.state()).users[userId]).toMatchObject({ lastName: 'New' });
    await system.runSignup.control.setFaults({ safeSync: {} });
    await system.runSignup.control.backdoor({ do: 'edit-user', userId, set: { account: true } });
    await system.ems.update('person', person, { last_name: 'Refused' });
    const participant = await runSignup.keyOf('EventParticipant', `${raceId}/${tenK}/${registrationId}`);
    await system.ems.update('event_participant', participant, { bib: '2121' });
    await runSignup.sweep();
    await runSignup.quiet();
    await system.runSignup.control.clearFaults();
    const { registrations, users } = await system.runSignup.control.state();
    expect(registrations[registrationId]).toMatchObject({ bib: '2121' });
    expect(users[userId]).toMatchObject({ lastName: 'New' });
    expect(await runSignup.record('Person', person)).toMatchObject({ state: 'PARKED', last_error_class: 'rejected' });
  });
});
