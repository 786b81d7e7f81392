import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

let system: System;
let runSignup: ProcessUnderTest;

beforeAll(async () => {
  system = await System.start({ targets: ['RUNSIGNUP'] });
  runSignup = system.process('RUNSIGNUP');
}, 60_000);

afterAll(async () => {
  await system.stop();
});

let weekends = 0;

/** An EMS event that is linked to a race of RunSignup with two events, everything in step. */
async function linkedEvent() {
  weekends += 1;
  const { raceId, eventIds } = await system.runSignup.control.backdoor({
    do: 'create-race',
    race: { name: `Harbour Weekend ${weekends}`, timezone: 'America/New_York' },
    events: [
      { name: '10K', start: '2099-06-07T08:30', distance: '10K' },
      { name: 'Half', start: '2099-06-07T10:00', distance: 'Half Marathon' },
    ],
  });
  const event = await system.ems.event({ name: `Harbour Weekend ${weekends}`, time_zone: 'America/New_York' });
  await runSignup.syncNow('Event', event, `link:${raceId}`);
  await runSignup.settle();
  return { event, raceId, tenK: eventIds[0] ?? 0, half: eventIds[1] ?? 0 };
}

let runners = 0;

async function registered(eventId: number, set: Record<string, unknown> = {}) {
  runners += 1;
  return system.runSignup.control.backdoor({
    do: 'register',
    eventId,
    user: {
      account: false,
      firstName: 'Margie',
      lastName: `Stephens ${runners}`,
      email: `margie${runners}@clube.example`,
      dob: '1986-01-06',
      gender: 'F',
      phone: '856-850-1510',
      address: { street: '960 Avondale Ave', city: 'Moorestown', state: 'NJ', zipcode: '08057', country_code: 'US' },
    },
    set,
  });
}

async function row(table: string, id: string): Promise<Record<string, any>> {
  const { rows } = await system.database.query(`SELECT * FROM ${table} WHERE id = $1`, [id]);
  return rows[0];
}

const remoteId = (raceId: number, eventId: number, registrationId: number) => `${raceId}/${eventId}/${registrationId}`;

async function writes(): Promise<number> {
  return (await system.runSignup.control.journal({ writesOnly: true })).length;
}

const registration = async (id: number) => (await system.runSignup.control.state()).registrations[id];

describe('RunSignup', () => {
  test('a linked race brings its events as races, with start and distance', async () => {
    const { event, raceId, half } = await linkedEvent();
    const race = await runSignup.keyOf('Race', `${raceId}/${half}`);
    expect(await row('race', race)).toMatchObject({ event_id: event, name: 'Half', distance_m: 21_098 });
  });

  test('a new registration makes person and participant in one go', async () => {
    const { event, raceId, tenK } = await linkedEvent();
    const { registrationId, userId } = await registered(tenK);
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, tenK, registrationId));
    const person = await runSignup.keyOf('Person', userId);
    expect(await row('event_participant', participant)).toMatchObject({
      event_id: event,
      race_id: await runSignup.keyOf('Race', `${raceId}/${tenK}`),
      person_id: person,
      status: 'REGISTERED',
      registration_no: String(registrationId),
    });
    expect(await row('person', person)).toMatchObject({ first_name: 'Margie', phone: '+18568501510', country: 'US' });
  });

  test('Outbound Sync - Updated Entity Record: a bib and a chip are told', async () => {
    const { raceId, tenK } = await linkedEvent();
    const { registrationId } = await registered(tenK);
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, tenK, registrationId));
    await system.ems.update('event_participant', participant, { bib: '101' });
    await system.ems.insert('tag', { code: '058003A1', kind: 'BIB', event_participant_id: participant });
    await runSignup.sweep();
    expect(await registration(registrationId)).toMatchObject({ bib: '101', chip: '058003A1' });
    const before = await writes();
    await runSignup.settle();
    expect(await writes()).toBe(before);
  });

  test('Inbound Sync - Polling for Remote Changes: a bib given at RunSignup is EMS’s', async () => {
    const { raceId, tenK } = await linkedEvent();
    const { registrationId } = await registered(tenK);
    await runSignup.settle();
    const before = await writes();
    await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { bib: '77' } });
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, tenK, registrationId));
    expect(await row('event_participant', participant)).toMatchObject({ bib: '77' });
    expect(await writes()).toBe(before);
  });

  test('a registration that was transferred goes on in the other race', async () => {
    const { raceId, tenK, half } = await linkedEvent();
    const { registrationId } = await registered(tenK);
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, tenK, registrationId));
    const { newRegistrationId } = await system.runSignup.control.backdoor({
      do: 'transfer',
      registrationId,
      eventId: half,
    });
    await runSignup.settle();
    expect(await runSignup.record('EventParticipant', participant)).toMatchObject({
      state: 'IN_SYNC',
      remote_id: remoteId(raceId, half, newRegistrationId),
    });
    expect(await row('event_participant', participant)).toMatchObject({
      race_id: await runSignup.keyOf('Race', `${raceId}/${half}`),
      status: 'REGISTERED',
    });
  });

  test('a registration that was cleared is withdrawn, and nothing is deleted', async () => {
    const { raceId, tenK } = await linkedEvent();
    const { registrationId } = await registered(tenK);
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, tenK, registrationId));
    await system.runSignup.control.backdoor({ do: 'remove', registrationId, reason: 'cleared' });
    await runSignup.settle();
    expect(await row('event_participant', participant)).toMatchObject({ status: 'WITHDRAWN' });
  });
});
