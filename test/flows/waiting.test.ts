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

/** An event at TagServer, and a change of it whose delivery takes a while. */
async function changedEvent(): Promise<string> {
  const eventId = await system.ems.event();
  await system.sweep();
  await system.ems.update('event', eventId, { name: 'Before' });
  await system.tagServer.control.setFaults({
    latency: { ms: 5_000, times: 1, match: { method: 'PUT', prefix: `/v1/events/${eventId}` } },
  });
  return eventId;
}

async function deliveryUnderWay(eventId: string): Promise<void> {
  await system.eventually('the delivery under way', async () => (await system.writes(`events/${eventId}`)).length > 1);
}

describe('waiting', () => {
  test('a missing parent means waiting, not failing; its arrival makes the child due', async () => {
    const { ems } = system;
    // TagServer requires both names, so this person is parked and its participant waits.
    const personId = await ems.person({ last_name: null });
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const participantId = await ems.participant(eventId, raceId, { person_id: personId });
    const tagId = await ems.tag(participantId, { code: 'ABCD0002' });

    await system.sweep();

    expect(await system.record('Person', personId)).toMatchObject({
      state: 'PARKED',
      last_error_class: 'rejected',
      last_error: expect.stringContaining('last_name'),
    });
    expect(await system.record('EventParticipant', participantId)).toMatchObject({
      state: 'WAITING',
      waiting_for: `Person/${personId}`,
      attempts: 0,
    });
    expect(await system.record('Tag', tagId)).toMatchObject({
      state: 'WAITING',
      waiting_for: `EventParticipant/${participantId}`,
    });
    // Nothing has changed, so nothing is evaluated again or written.
    const before = await system.rowVersions();
    expect((await system.sweep()).totals).toEqual({});
    expect(await system.rowVersions()).toEqual(before);

    await ems.update('person', personId, { last_name: 'Silva' });
    await system.eventually('the whole chain in step', async () => {
      await system.sweep();
      return (await system.record('Tag', tagId))?.state === 'IN_SYNC';
    });
    expect(await system.remote('event-participants', participantId)).toMatchObject({ personId });
    expect(await system.remote('tags', tagId)).toMatchObject({ eventParticipantId: participantId });
  });

  test('TagServer has lost the parent that our record knows: the parent is sent again, then the child', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    await system.sweep();
    await system.tagServer.control.backdoor({ type: 'races', externalId: raceId, delete: true });
    const participantId = await ems.participant(eventId, raceId);

    await system.sweep();

    await system.inState('EventParticipant', participantId, 'IN_SYNC');
    expect(await system.remote('races', raceId)).toMatchObject({ eventId });
    expect(await system.remote('event-participants', participantId)).toMatchObject({ raceId });
  });
});

describe('asked again while running', () => {
  test('a change made during delivery is delivered next (pitfall 8)', async () => {
    const eventId = await changedEvent();
    const sweep = system.sweep();
    await deliveryUnderWay(eventId);
    await system.ems.update('event', eventId, { name: 'During' });
    await sweep;
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Before' });
    expect((await system.record('Event', eventId))?.entity_synced_on).not.toBe(
      await system.modifiedOn('event', eventId),
    );

    await system.sweep();

    expect(await system.remote('events', eventId)).toMatchObject({ name: 'During' });
  });

  test('a request that comes while a pass runs is served by one more pass of the same run', async () => {
    const eventId = await changedEvent();
    await system.request('Event', eventId);
    await deliveryUnderWay(eventId);
    await system.ems.update('event', eventId, { name: 'During' });
    for (let asked = 0; asked < 20; asked += 1) await system.request('Event', eventId);

    await system.pair('Event', eventId).result();

    expect(await system.remote('events', eventId)).toMatchObject({ name: 'During' });
    // Two passes for twenty-one requests: the first, and one more for all requests that arrived during it.
    expect(await system.writes(`events/${eventId}`)).toHaveLength(3);
  });
});

describe('a caller who waits', () => {
  test('is answered by the pass that follows its request, also while another pass runs', async () => {
    const eventId = await changedEvent();
    await system.request('Event', eventId);
    await deliveryUnderWay(eventId);
    await system.ems.update('event', eventId, { name: 'During' });

    const answers = await Promise.all([system.syncNow('Event', eventId), system.syncNow('Event', eventId)]);

    expect(answers).toEqual([
      { outcome: 'IN_SYNC', delivery: 'updated', reason: null },
      { outcome: 'IN_SYNC', delivery: 'updated', reason: null },
    ]);
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'During' });
  });

  test('is told what is wrong as soon as the pair keeps failing, though its retries go on', async () => {
    const eventId = await system.ems.event();
    await system.tagServer.control.setFaults({
      respond: { status: 500, match: { method: 'PUT', prefix: `/v1/events/${eventId}` } },
    });
    await system.syncNow('Organisation', await system.ems.organisationOf(eventId));

    const answer = await system.syncNow('Event', eventId, 60_000);

    expect(answer).toMatchObject({ outcome: 'FAILING', reason: expect.stringContaining('500') });
    await system.tagServer.control.clearFaults();
    expect(await system.syncNow('Event', eventId)).toMatchObject({ outcome: 'IN_SYNC' });
  });
});
