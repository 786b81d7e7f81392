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

/** A race with two participants, and a tag of the first, all at TagServer. */
async function raceWithTag(code: string) {
  const { ems } = system;
  const eventId = await ems.event();
  const raceId = await ems.race(eventId);
  const four = await ems.participant(eventId, raceId, { bib: `4${code}` });
  const five = await ems.participant(eventId, raceId);
  const tag = await ems.tag(four, { code });
  await system.sweep();
  await system.inState('Tag', tag, 'IN_SYNC');
  return { eventId, raceId, four, five, tag };
}

/** Sweeps like the schedule: a row that was blocked is evaluated again once the blocking row has released the value. */
async function sweepUntilInSync(type: 'Tag' | 'EventParticipant', id: string): Promise<void> {
  await system.eventually(`${type}/${id} in step`, async () => {
    await system.sweep();
    return (await system.record(type, id))?.state === 'IN_SYNC';
  });
}

describe('a holder whose own new content cannot pass (F1 point 13)', () => {
  test('lets go of a code that EMS has given to another tag: the chip is not timed as who wore it before', async () => {
    const { ems } = system;
    const { four, five, tag } = await raceWithTag('DDDD0001');
    await ems.update('tag', tag, { code: 'no chip' });
    const successor = await ems.tag(five, { code: 'DDDD0001' });

    await sweepUntilInSync('Tag', successor);

    expect(await system.remote('tags', successor)).toMatchObject({ code: 'DDDD0001', eventParticipantId: five });
    expect(await system.remote('tags', tag)).toBeNull();
    expect(await system.record('Tag', tag)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringContaining('code'),
      content_hash: null,
    });
    // A released value is sent again when its row can be sent.
    await ems.update('tag', tag, { code: 'DDDD0002' });
    await system.sweep();
    expect(await system.remote('tags', tag)).toMatchObject({ code: 'DDDD0002', eventParticipantId: four });
  });

  test('lets go of a bib, and keeps the rest, a check-in included', async () => {
    const { ems } = system;
    const { eventId, raceId, four } = await raceWithTag('DDDD0003');
    await system.tagServer.control.backdoor({
      type: 'event-participants',
      externalId: four,
      set: { status: 'checked-in' },
    });
    await ems.update('event_participant', four, { bib: 'far too long for a bib' });
    const other = await ems.participant(eventId, raceId, { bib: '4DDDD0003' });

    await sweepUntilInSync('EventParticipant', other);

    expect(await system.remote('event-participants', other)).toMatchObject({ bib: '4DDDD0003' });
    expect(await system.remote('event-participants', four)).toMatchObject({ bib: null, raceId, status: 'checked-in' });
    expect(await system.record('EventParticipant', four)).toMatchObject({ state: 'PARKED', remote_id: four });
    expect((await system.sweep()).totals).toEqual({});
  });

  test('lets go of it while it waits for a row, too', async () => {
    const { ems } = system;
    const { eventId, raceId, five, tag } = await raceWithTag('DDDD0004');
    const nobody = await ems.person({ last_name: null });
    const missing = await ems.participant(eventId, raceId, { person_id: nobody });
    await ems.update('tag', tag, { code: 'DDDD0005', event_participant_id: missing });
    const successor = await ems.tag(five, { code: 'DDDD0004' });

    await sweepUntilInSync('Tag', successor);

    expect(await system.remote('tags', tag)).toBeNull();
    expect(await system.record('Tag', tag)).toMatchObject({
      state: 'WAITING',
      waiting_for: `EventParticipant/${missing}`,
    });
  });

  test('lets go of a runner who is not its own any more, though nobody asks', async () => {
    const { ems } = system;
    const { eventId, raceId, tag } = await raceWithTag('DDDD0006');
    const nobody = await ems.person({ last_name: null });
    const missing = await ems.participant(eventId, raceId, { person_id: nobody });
    await ems.update('tag', tag, { event_participant_id: missing });

    await system.sweep();

    await system.inState('Tag', tag, 'WAITING');
    expect(await system.remote('tags', tag)).toMatchObject({ code: 'DDDD0006', eventParticipantId: null });
    const versions = await system.rowVersions();
    expect((await system.sweep()).totals).toEqual({});
    expect(await system.rowVersions()).toEqual(versions);

    await ems.update('person', nobody, { last_name: 'Silva' });
    await system.eventually('the tag in step', async () => {
      await system.sweep();
      return (await system.record('Tag', tag))?.state === 'IN_SYNC';
    });
    expect(await system.remote('tags', tag)).toMatchObject({ code: 'DDDD0006', eventParticipantId: missing });
  });

  test('keeps what nobody else has: an operator’s resend of a parked row takes nothing away', async () => {
    const { ems } = system;
    const { four, tag } = await raceWithTag('DDDD0007');
    await ems.update('tag', tag, { kind: 'GLUE' });
    await system.sweep();
    await system.inState('Tag', tag, 'PARKED');

    await system.request('Tag', tag, 'resend');
    await system.pair('Tag', tag).result();

    expect(await system.remote('tags', tag)).toMatchObject({ code: 'DDDD0007', eventParticipantId: four });
    expect(await system.record('Tag', tag)).toMatchObject({ state: 'PARKED', remote_id: tag });
  });
});

describe('what TagServer never took (F1 point 14)', () => {
  test('is not removed for ever: a row with a negative id that EMS deletes leaves no record', async () => {
    const { ems } = system;
    const { eventId } = await raceWithTag('DDDD0008');
    const raceId = await ems.race(eventId);
    await system.database.query(
      `INSERT INTO person (id, modified_on, first_name, last_name) VALUES (-5, clock_timestamp(), 'Ana', 'Silva')`,
    );
    await ems.participant(eventId, raceId, { person_id: '-5' });
    await system.sweep();
    await system.eventually('a record of it', async () => system.record('Person', '-5'));

    await system.database.query('DELETE FROM event_participant WHERE person_id = -5');
    await system.database.query('DELETE FROM person WHERE id = -5');
    await system.sweep();
    await system.eventually('no record of it', async () => (await system.record('Person', '-5')) === null, 20_000);
    await system.eventually('an idle sweep', async () => Object.keys((await system.sweep()).totals).length === 0);
  });
});

describe('a DELETE that is refused because of dependents (F1 point 16)', () => {
  test('has them go first, instead of waiting for the next sweep', async () => {
    const { ems } = system;
    const { eventId, raceId, four, five, tag } = await raceWithTag('DDDD0009');
    await ems.delete('tag', tag);
    await ems.delete('event_participant', four, five);
    await ems.delete('race', raceId);

    // Only the race is requested, and no sweep removes the others.
    const startedAt = performance.now();
    await system.syncNow('Race', raceId);

    expect(performance.now() - startedAt).toBeLessThan(60_000);
    for (const [type, id] of [
      ['tags', tag],
      ['event-participants', four],
      ['event-participants', five],
      ['races', raceId],
    ] as const)
      expect([type, await system.remote(type, id)]).toEqual([type, null]);
    expect(await system.record('Race', raceId)).toBeNull();
    expect(await system.remote('events', eventId)).not.toBeNull();
  });

  test('has them go first when the row is erased, too', async () => {
    const { ems } = system;
    const { eventId, raceId, tag } = await raceWithTag('DDDD000B');
    const person = await ems.person();
    const participant = await ems.participant(eventId, raceId, { person_id: person });
    await ems.update('tag', tag, { event_participant_id: participant });
    await system.sweep();
    await system.inState('Tag', tag, 'IN_SYNC');
    await ems.delete('tag', tag);
    await ems.delete('event_participant', participant);

    await system.request('Person', person, 'erase');

    expect(await system.pair('Person', person).result()).toMatchObject({ outcome: 'ERASED' });
    expect(await system.remote('persons', person)).toBeNull();
    expect(await system.remote('event-participants', participant)).toBeNull();
    expect(await system.remote('tags', tag)).toBeNull();
  });

  test('of a stranger’s shows as FAILING, with the reason', async () => {
    const { ems } = system;
    const { eventId, raceId, four, five, tag } = await raceWithTag('DDDD000A');
    const person = await ems.person();
    await system.tagServer.control.backdoor({
      type: 'persons',
      externalId: 'desk',
      set: { givenName: 'D', familyName: 'E' },
    });
    await system.tagServer.control.backdoor({
      type: 'event-participants',
      externalId: 'from-the-desk',
      set: { eventId, raceId, personId: 'desk', status: 'registered' },
    });
    await ems.delete('tag', tag);
    await ems.delete('event_participant', four, five);
    await ems.delete('person', person);
    await ems.delete('race', raceId);

    await system.request('Race', raceId);

    expect(await system.inState('Race', raceId, 'FAILING')).toMatchObject({
      last_error: expect.stringContaining('while others refer to it'),
    });
    await system.tagServer.control.backdoor({
      type: 'event-participants',
      externalId: 'from-the-desk',
      delete: true,
    });
    await system.request('Race', raceId);
    await system.eventually('the race gone', async () => (await system.record('Race', raceId)) === null);
  });
});
