import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseRow } from './chatwoot-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

let system: System;
let runSignup: ProcessUnderTest;

beforeAll(async () => {
  system = await System.start({ targets: ['RUNSIGNUP', 'TAGSERVER'] });
  runSignup = system.process('RUNSIGNUP');
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

/** One EMS event linked to a race of RunSignup with two events. Every further one would be polled by every test. */
let linked: { readonly event: string; readonly raceId: number; readonly tenK: number; readonly half: number };

beforeAll(async () => {
  const { raceId, eventIds } = await system.runSignup.control.backdoor({
    do: 'create-race',
    race: { name: 'Harbour Weekend', timezone: 'America/New_York' },
    events: [
      { name: '10K', start: '2099-06-07T08:30', distance: '10K' },
      { name: 'Half', start: '2099-06-07T10:00', distance: 'Half Marathon' },
    ],
  });
  const event = await system.ems.event({ name: 'Harbour Weekend', time_zone: 'America/New_York' });
  await runSignup.syncNow('Event', event, `link:${raceId}`);
  await runSignup.settle();
  linked = { event, raceId, tenK: eventIds[0] ?? 0, half: eventIds[1] ?? 0 };
});

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

/** A registration with its rows in EMS, all in sync. */
async function runnerInStep() {
  const { registrationId, userId } = await registered(linked.tenK);
  await runSignup.settle();
  const participant = await runSignup.keyOf('EventParticipant', remoteId(linked.raceId, linked.tenK, registrationId));
  return { registrationId, userId, participant };
}

async function row(table: string, id: string): Promise<DatabaseRow> {
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
    const { event, raceId, half } = linked;
    const race = await runSignup.keyOf('Race', `${raceId}/${half}`);
    expect(await row('race', race)).toMatchObject({ event_id: event, name: 'Half', distance_m: 21_098 });
  });

  test('a new registration makes person and participant in one go', async () => {
    const { event, raceId, tenK } = linked;
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
    const { raceId, tenK } = linked;
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
    const { raceId, tenK } = linked;
    const { registrationId } = await registered(tenK);
    await runSignup.settle();
    const before = await writes();
    await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { bib: '77' } });
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, tenK, registrationId));
    expect(await row('event_participant', participant)).toMatchObject({ bib: '77' });
    expect(await writes()).toBe(before);
  });

  test.each(['tenK', 'half'] as const)(
    'a registration that was transferred from %s goes on in the other race',
    async (from) => {
      const { raceId, tenK } = linked;
      const [origin, destination] = from === 'tenK' ? [tenK, linked.half] : [linked.half, tenK];
      const { registrationId } = await registered(origin);
      await runSignup.settle();
      const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, origin, registrationId));
      const { newRegistrationId } = await system.runSignup.control.backdoor({
        do: 'transfer',
        registrationId,
        eventId: destination,
      });
      await runSignup.settle();
      expect(await runSignup.record('EventParticipant', participant)).toMatchObject({
        state: 'IN_SYNC',
        remote_id: remoteId(raceId, destination, newRegistrationId),
      });
      expect(await row('event_participant', participant)).toMatchObject({
        race_id: await runSignup.keyOf('Race', `${raceId}/${destination}`),
        status: 'REGISTERED',
      });
    },
  );

  test('the only registration of an event is cleared: it is withdrawn, though RunSignup leaves out the list', async () => {
    const { raceId, half } = linked;
    const { registrationId } = await registered(half);
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, half, registrationId));
    await system.runSignup.control.backdoor({ do: 'remove', registrationId, reason: 'cleared' });
    const poll = await runSignup.poll();
    await runSignup.quiet();
    expect(poll).toMatchObject({ ended: 'complete' });
    expect(await row('event_participant', participant)).toMatchObject({ status: 'WITHDRAWN' });
  });

  test('a registration that was cleared is withdrawn, and nothing is deleted', async () => {
    const { raceId, tenK } = linked;
    const { registrationId } = await registered(tenK);
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, tenK, registrationId));
    await system.runSignup.control.backdoor({ do: 'remove', registrationId, reason: 'cleared' });
    await runSignup.settle();
    expect(await row('event_participant', participant)).toMatchObject({ status: 'WITHDRAWN' });
  });

  test('Inbound Sync - Bounce-back Detection: our own write comes back and writes nothing', async () => {
    const { participant } = await runnerInStep();
    await system.ems.update('event_participant', participant, { bib: '4711' });
    await runSignup.settle();
    const [before, modifiedOn] = [await writes(), await system.modifiedOn('event_participant', participant)];
    for (let cycle = 0; cycle < 3; cycle += 1) {
      await runSignup.poll();
      await runSignup.sweep();
    }
    expect(await writes()).toBe(before);
    expect(await system.modifiedOn('event_participant', participant)).toBe(modifiedOn);
  });

  test('Inbound Sync - Unchanged Fields: a fee and a giveaway move nothing in EMS', async () => {
    const { participant, registrationId } = await runnerInStep();
    const modifiedOn = await system.modifiedOn('event_participant', participant);
    await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { feeCents: 9_900 } });
    await runSignup.settle();
    expect(await system.modifiedOn('event_participant', participant)).toBe(modifiedOn);
    expect(await runSignup.record('EventParticipant', participant)).toMatchObject({ state: 'IN_SYNC' });
  });

  test('Conflict Resolution: both give a bib, EMS wins, and the other is kept', async () => {
    const { participant, registrationId } = await runnerInStep();
    await system.ems.update('event_participant', participant, { bib: '500' });
    await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { bib: '600' } });
    await runSignup.settle();
    expect(await registration(registrationId)).toMatchObject({ bib: '500' });
    expect(await row('event_participant', participant)).toMatchObject({ bib: '500' });
    const { rows } = await system.database.query(
      "SELECT fields FROM sync_conflict WHERE entity_type = 'EventParticipant' AND entity_key = $1",
      [participant],
    );
    expect(rows).toEqual([{ fields: ['bib'] }]);
  });

  test('what RunSignup changes reaches the other targets, and is not sent back (pitfall 12)', async () => {
    const tagServer = system.process('TAGSERVER');
    const { participant, registrationId } = await runnerInStep();
    await tagServer.sweep();
    const before = await writes();
    await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { bib: '888' } });
    await runSignup.settle();
    await tagServer.sweep();
    expect(await system.remote('event-participants', participant)).toMatchObject({ bib: '888' });
    expect(await writes()).toBe(before);
  });

  test('a person who is there already is matched by e-mail, names and birthday, and not made twice', async () => {
    const known = await system.ems.person({
      first_name: 'Zoë',
      last_name: 'Known',
      email: 'ZOE@clube.example',
      date_of_birth: '1990-05-05',
      phone: null,
    });
    const { userId } = await system.runSignup.control.backdoor({
      do: 'register',
      eventId: linked.tenK,
      user: { firstName: 'Zoe\u0308', lastName: 'known', email: 'zoe@clube.example', dob: '1990-05-05' },
    });
    await runSignup.settle();
    expect(await runSignup.keyOf('Person', userId)).toBe(known);
  });

  test('one person with several RunSignup users: the newest is kept, and each registration has its row', async () => {
    const user = { firstName: 'Multi', lastName: 'User', email: 'multi@clube.example', dob: '1991-01-01' };
    const first = await system.runSignup.control.backdoor({ do: 'register', eventId: linked.tenK, user });
    await runSignup.settle();
    const second = await system.runSignup.control.backdoor({ do: 'register', eventId: linked.half, user });
    await runSignup.settle();
    const person = await runSignup.keyOf('Person', second.userId);
    expect((await runSignup.record('Person', person))?.remote_id).toBe(String(second.userId));
    const { rows } = await system.database.query('SELECT race_id FROM event_participant WHERE person_id = $1', [
      person,
    ]);
    expect(rows).toHaveLength(2);
    expect(await runSignup.recordOfRemote('Person', first.userId)).toMatchObject({
      state: 'SHARED',
      entity_key: null,
      shared_with: person,
    });
    // The older account stays linked to the same person, even if its data no longer match.
    await system.runSignup.control.backdoor({
      do: 'edit-user',
      userId: first.userId,
      set: { email: 'else@clube.example' },
    });
    await runSignup.settle();
    const { rowCount } = await system.database.query("SELECT FROM person WHERE last_name = 'User'");
    expect(rowCount).toBe(1);
  });

  test('an EMS delete beats all: the registration stays at RunSignup, and never comes back', async () => {
    const { participant, registrationId } = await runnerInStep();
    await system.ems.delete('event_participant', participant);
    await runSignup.settle();
    await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { bib: '999' } });
    await runSignup.settle();
    expect(await registration(registrationId)).toMatchObject({ bib: '999' });
    const { rowCount } = await system.database.query('SELECT FROM event_participant WHERE registration_no = $1', [
      String(registrationId),
    ]);
    expect(rowCount).toBe(0);
  });

  test('a runner whose person EMS has deleted registers again: a new person, and the old registration stays away', async () => {
    const { participant, registrationId, userId } = await runnerInStep();
    const person = await runSignup.keyOf('Person', userId);
    await system.ems.delete('event_participant', participant);
    await system.ems.delete('person', person);
    await runSignup.settle();
    const again = await system.runSignup.control.backdoor({ do: 'register', eventId: linked.half, userId });
    await runSignup.settle();
    const anew = await runSignup.keyOf('Person', userId);
    expect(anew).not.toBe(person);
    const arrived = await runSignup.keyOf(
      'EventParticipant',
      remoteId(linked.raceId, linked.half, again.registrationId),
    );
    expect(await row('event_participant', arrived)).toMatchObject({ person_id: anew });
    expect(await row('person', anew)).toMatchObject({ first_name: 'Margie' });
    expect(await runSignup.record('Person', anew)).toMatchObject({ state: 'IN_SYNC', remote_id: String(userId) });
    const { rowCount } = await system.database.query('SELECT FROM event_participant WHERE registration_no = $1', [
      String(registrationId),
    ]);
    expect(rowCount).toBe(0);
  });

  test.each([
    ['a NUL', 'Nul\u0000Name'],
    ['half a character', 'Half\ud83d'],
  ])('a name with %s is PARKED with its field, stops nobody else, and recovers', async (_what, lastName) => {
    const poison = { firstName: 'Poison', lastName, dob: '1990-01-01', gender: 'F' } as const;
    const stranger = await system.runSignup.control.backdoor({ do: 'register', eventId: linked.tenK, user: poison });
    const known = await runnerInStep();
    const person = await runSignup.keyOf('Person', known.userId);
    await system.runSignup.control.backdoor({ do: 'edit-user', userId: known.userId, set: { lastName } });
    await runSignup.settle();
    const unresolved = remoteId(linked.raceId, linked.tenK, stranger.registrationId);
    const told = { state: 'PARKED', last_error: expect.stringMatching(/NUL or half a character at lastName/) };
    expect(await runSignup.recordOfRemote('EventParticipant', unresolved)).toMatchObject(told);
    expect(await runSignup.record('Person', person)).toMatchObject(told);
    expect((await runSignup.poll()).totals).toMatchObject({ EventParticipant: { unknown: 0 } });

    for (const { userId } of [stranger, known]) {
      const set = { lastName: `Mended ${userId}` };
      await system.runSignup.control.backdoor({ do: 'edit-user', userId, set });
    }
    await runSignup.settle();
    expect(await row('person', person)).toMatchObject({ last_name: `Mended ${known.userId}` });
    expect(await runSignup.record('Person', person)).toMatchObject({ state: 'IN_SYNC', last_error: null });
    const arrived = await runSignup.keyOf('EventParticipant', unresolved);
    expect(await row('event_participant', arrived)).toMatchObject({
      person_id: await runSignup.keyOf('Person', stranger.userId),
    });
  });

  test('a registration that is nobody’s is looked at once, and again when its person has a name', async () => {
    const user = { firstName: null, lastName: null, email: null };
    const { registrationId, userId } = await system.runSignup.control.backdoor({
      do: 'register',
      eventId: linked.tenK,
      user,
    });
    await runSignup.settle();
    expect((await runSignup.poll()).totals).toMatchObject({ EventParticipant: { unknown: 0 } });
    await system.runSignup.control.backdoor({ do: 'edit-user', userId, set: { firstName: 'Now', lastName: 'Named' } });
    await runSignup.settle();
    const id = remoteId(linked.raceId, linked.tenK, registrationId);
    expect(await row('event_participant', await runSignup.keyOf('EventParticipant', id))).toBeDefined();
  });

  test('an unresolved registration that is transferred goes on in the other race, and nothing is left waiting', async () => {
    const user = { firstName: 'Poison', lastName: 'Nul\u0000', email: 'moved@clube.example', dob: '1990-01-01' };
    const made = await system.runSignup.control.backdoor({ do: 'register', eventId: linked.tenK, user });
    const { registrationId, userId } = made;
    await runSignup.settle();
    const before = remoteId(linked.raceId, linked.tenK, registrationId);
    expect(await runSignup.recordOfRemote('EventParticipant', before)).toMatchObject({ state: 'PARKED' });
    const transfer = { do: 'transfer', registrationId, eventId: linked.half } as const;
    const { newRegistrationId } = await system.runSignup.control.backdoor(transfer);
    await system.runSignup.control.backdoor({ do: 'edit-user', userId, set: { lastName: 'Moved' } });
    await runSignup.settle();
    const after = remoteId(linked.raceId, linked.half, newRegistrationId);
    expect(await row('event_participant', await runSignup.keyOf('EventParticipant', after))).toMatchObject({
      status: 'REGISTERED',
    });
    await runSignup.settle();
    expect((await runSignup.poll()).totals).toMatchObject({ EventParticipant: { unknown: 0 } });
    const { rowCount } = await system.database.query(
      "SELECT FROM sync_event_participant WHERE entity_key IS NULL AND state IN ('WAITING', 'PARKED')",
    );
    expect(rowCount).toBe(0);
  });

  test('what RunSignup owns is as it is there, also where EMS alone has changed it; staff still withdraw in EMS', async () => {
    const { participant, registrationId } = await runnerInStep();
    await system.ems.update('event_participant', participant, {
      registration_no: 'mistyped',
      status: 'WITHDRAWN',
    });
    await runSignup.settle();
    expect(await row('event_participant', participant)).toMatchObject({
      registration_no: String(registrationId),
      status: 'WITHDRAWN',
    });
  });

  test('a bib that RunSignup keeps ignoring is PARKED, naming the field', async () => {
    const { participant, registrationId } = await runnerInStep();
    await system.runSignup.control.backdoor({ do: 'remove', registrationId, reason: 'cleared' });
    await system.ems.update('event_participant', participant, { bib: '31337' });
    await runSignup.sweep();
    const record = await system.eventually('a decision', async () => {
      const now = await runSignup.record('EventParticipant', participant);
      return now?.state === 'PARKED' ? now : null;
    });
    expect(record.last_error).toMatch(/bib/);
  });

  test('throttled inside HTTP 200 (error 14): retried, nothing lost', async () => {
    const { participant, registrationId } = await runnerInStep();
    await system.runSignup.control.setFaults({ throttle: { times: 1, match: { method: 'POST' } } });
    await system.ems.update('event_participant', participant, { bib: '1414' });
    await runSignup.request('EventParticipant', participant);
    await runSignup.quiet();
    expect(await registration(registrationId)).toMatchObject({ bib: '1414' });
  });

  test('the answer of an edit is lost: it is told once', async () => {
    const { participant, registrationId } = await runnerInStep();
    await system.runSignup.control.setFaults({ failAfter: { times: 1, match: { method: 'POST' } } });
    await system.ems.update('event_participant', participant, { bib: '1515' });
    await runSignup.settle();
    expect(await registration(registrationId)).toMatchObject({ bib: '1515' });
    expect(await runSignup.record('EventParticipant', participant)).toMatchObject({ state: 'IN_SYNC' });
  });

  test.each([-300_000, 300_000])('a RunSignup clock that is %d ms off loses nothing', async (offsetMs) => {
    await system.runSignup.control.setClock(offsetMs);
    try {
      const { participant, registrationId } = await runnerInStep();
      await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { bib: '321' } });
      await runSignup.settle();
      expect(await row('event_participant', participant)).toMatchObject({ bib: '321' });
    } finally {
      await system.runSignup.control.setClock(0);
    }
    // Changes are still read after the clock has jumped.
    const { participant } = await runnerInStep();
    expect(await row('event_participant', participant)).toMatchObject({ status: 'REGISTERED' });
  });

  test('unlink: registrations stay as they are on both sides, and nothing is followed', async () => {
    const { raceId, eventIds } = await system.runSignup.control.backdoor({
      do: 'create-race',
      race: { name: 'Unlinked', timezone: 'America/New_York' },
      events: [{ name: '5K', start: '2099-06-07T08:30' }],
    });
    const event = await system.ems.event({ name: 'Unlinked', time_zone: 'America/New_York' });
    await runSignup.syncNow('Event', event, `link:${raceId}`);
    await runSignup.settle();
    const { registrationId } = await registered(eventIds[0] ?? 0);
    await runSignup.settle();
    const participant = await runSignup.keyOf('EventParticipant', remoteId(raceId, eventIds[0] ?? 0, registrationId));
    await runSignup.syncNow('Event', event, 'unlink');
    await runSignup.settle();
    await system.ems.update('event_participant', participant, { bib: '1' });
    await runSignup.settle();
    expect(await registration(registrationId)).toMatchObject({ bib: null });
    expect(await row('event_participant', participant)).toMatchObject({ bib: '1' });
  });
});

describe('daylight-saving nights (US Eastern)', () => {
  // In New York 2027-03-14 02:30 does not exist, and 2027-11-07 01:30 occurs twice.
  test.each([
    ['2027-03-14T02:30', '2027-03-14T07:30:00.000Z'],
    ['2027-11-07T01:30', '2027-11-07T05:30:00.000Z'],
  ])('a start at %s is read once and for all', async (start, instant) => {
    const { eventId } = await system.runSignup.control.backdoor({
      do: 'create-event',
      raceId: linked.raceId,
      event: { name: `Night ${start}`, start },
    });
    await runSignup.settle();
    const race = await runSignup.keyOf('Race', `${linked.raceId}/${eventId}`);
    const read = await row('race', race);
    expect(new Date(read['starts_on']).toISOString()).toBe(instant);
    const before = await writes();
    await runSignup.settle();
    expect(await writes()).toBe(before);
    expect((await row('race', race))['modified_on']).toEqual(read['modified_on']);
  });

  test.each([
    ['2027-03-14T06:50:00Z', '2027-03-14T07:10:00Z'],
    ['2027-11-07T05:50:00Z', '2027-11-07T06:10:00Z'],
  ])('changes from %s to %s are all read, and once', async (from, to) => {
    const ids: number[] = [];
    try {
      for (const moment of [from, to]) {
        await system.runSignup.control.setClock(Date.parse(moment) - Date.now());
        ids.push((await registered(linked.tenK)).registrationId);
        await runSignup.settle();
      }
    } finally {
      await system.runSignup.control.setClock(0);
    }
    for (const id of ids) {
      const { rowCount } = await system.database.query('SELECT FROM event_participant WHERE registration_no = $1', [
        String(id),
      ]);
      expect(rowCount).toBe(1);
    }
  });
});
