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

/** A delivered event with a race, a participant and everything that depends on them. */
async function delivered() {
  const { ems } = system;
  const organisationId = await ems.organisation();
  const eventId = await ems.event({ organisation_id: organisationId });
  const raceId = await ems.race(eventId);
  const startGroupId = await ems.startGroup(raceId);
  const personId = await ems.person({ organisation_id: await ems.organisation({ name: 'Clube do Porto' }) });
  const participantId = await ems.participant(eventId, raceId, { person_id: personId });
  const startGroupParticipantId = await ems.startGroupParticipant(startGroupId, participantId);
  const tagId = await ems.tag(participantId, { code: `AB${participantId.padStart(6, '0')}` });
  await system.sweep();
  return { organisationId, eventId, raceId, startGroupId, personId, participantId, startGroupParticipantId, tagId };
}

describe('outbound new', () => {
  test('what passes the filter reaches TagServer, with a record for each', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const participantId = await ems.participant(eventId, raceId, { bib: '12' });
    const tagId = await ems.tag(participantId, { code: 'abcd0001' });
    const draft = await ems.event({ status: 'DRAFT' });

    const result = await system.sweep();

    expect(result.ended).toBe('complete');
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Harbour Marathon', startDate: '2027-05-15' });
    expect(await system.remote('event-participants', participantId)).toMatchObject({ bib: '12', status: 'registered' });
    expect(await system.remote('tags', tagId)).toMatchObject({ code: 'ABCD0001', kind: 'uhf-bib', eventId });
    expect(await system.remote('events', draft)).toBeNull();
    expect(await system.record('Event', draft)).toBeNull();
    expect(await system.record('Tag', tagId)).toMatchObject({
      state: 'IN_SYNC',
      remote_id: tagId,
      entity_id: tagId,
      entity_synced_on: await system.modifiedOn('tag', tagId),
      content_hash: expect.stringMatching(/^v1:[0-9a-f]{8}:[0-9a-f]{64}$/),
    });
  });

  test('an idle second sweep writes nothing, neither at TagServer nor in the database', async () => {
    await delivered();
    await system.tagServer.control.clearJournal();
    const before = await system.rowVersions();

    const result = await system.sweep();

    expect(result).toEqual({ ended: 'complete', reason: null, totals: {} });
    expect(await system.tagServer.control.journal()).toEqual([]);
    expect(await system.rowVersions()).toEqual(before);
  });
});

describe('outbound update', () => {
  test('a changed row is sent again, and its time is the modified_on that was read', async () => {
    const { personId } = await delivered();
    await system.ems.update('person', personId, { last_name: 'Sousa' });

    await system.sweep();

    expect(await system.remote('persons', personId)).toMatchObject({ familyName: 'Sousa' });
    expect(await system.record('Person', personId)).toMatchObject({
      state: 'IN_SYNC',
      entity_synced_on: await system.modifiedOn('person', personId),
    });
  });

  test('unchanged content with a newer modified_on: the time moves, without a child and without a remote call', async () => {
    const { personId } = await delivered();
    await system.ems.update('person', personId, { email: 'ana.silva@clube.example' });
    await system.tagServer.control.clearJournal();

    const result = await system.sweep();

    expect(result.totals).toEqual({ Person: expect.objectContaining({ due: 1, touched: 1, started: 0 }) });
    expect(await system.tagServer.control.journal({ writesOnly: true })).toEqual([]);
    expect(await system.record('Person', personId)).toMatchObject({
      state: 'IN_SYNC',
      entity_synced_on: await system.modifiedOn('person', personId),
    });
  });

  test("a club's new name reaches its members; a tag follows its participant to another event", async () => {
    const { personId, tagId, eventId, participantId } = await delivered();
    const { rows } = await system.database.query('SELECT organisation_id FROM person WHERE id = $1', [personId]);
    await system.ems.update('organisation', rows[0].organisation_id, { name: 'Clube de Braga' });
    const otherEvent = await system.ems.event();
    const otherRace = await system.ems.race(otherEvent);
    await system.ems.update('event_participant', participantId, { event_id: otherEvent, race_id: otherRace });

    await system.sweep();

    expect(await system.remote('persons', personId)).toMatchObject({ club: 'Clube de Braga' });
    expect(await system.remote('tags', tagId)).toMatchObject({ eventId: otherEvent });
    expect(otherEvent).not.toBe(eventId);
  });

  test('a value set, cleared and set again arrives each time; a check-in at TagServer is not undone', async () => {
    const { participantId } = await delivered();
    for (const bib of ['77', null, '78']) {
      await system.ems.update('event_participant', participantId, { bib });
      await system.sweep();
      expect(await system.remote('event-participants', participantId)).toMatchObject({ bib });
    }
    await system.tagServer.control.backdoor({
      type: 'event-participants',
      externalId: participantId,
      set: { status: 'checked-in' },
    });
    await system.ems.update('event_participant', participantId, { bib: '79' });
    await system.sweep();
    expect(await system.remote('event-participants', participantId)).toMatchObject({ bib: '79', status: 'checked-in' });
    await system.ems.update('event_participant', participantId, { status: 'DNF' });
    await system.sweep();
    expect(await system.remote('event-participants', participantId)).toMatchObject({ bib: '79', status: 'dnf' });
  });
});

describe('outbound delete', () => {
  test('rows deleted in EMS leave TagServer, children before parents, and their records go too', async () => {
    const ids = await delivered();
    await system.tagServer.control.clearJournal();
    await system.ems.delete('tag', ids.tagId);
    await system.ems.delete('start_group_participant', ids.startGroupParticipantId);
    await system.ems.delete('event_participant', ids.participantId);
    await system.ems.delete('start_group', ids.startGroupId);
    await system.ems.delete('race', ids.raceId);
    await system.ems.delete('event', ids.eventId);
    expect(await system.record('Event', ids.eventId)).toMatchObject({ entity_key: ids.eventId });

    const result = await system.sweep();

    expect(result.ended).toBe('complete');
    for (const [type, id] of [
      ['tags', ids.tagId],
      ['start-group-participants', ids.startGroupParticipantId],
      ['event-participants', ids.participantId],
      ['start-groups', ids.startGroupId],
      ['races', ids.raceId],
      ['events', ids.eventId],
      ['persons', ids.personId],
    ] as const) {
      expect([type, await system.remote(type, id)]).toEqual([type, null]);
    }
    expect(await system.record('Event', ids.eventId)).toBeNull();
    expect(await system.record('Tag', ids.tagId)).toBeNull();
    // The person is still in EMS, but takes part in nothing.
    expect(await system.record('Person', ids.personId)).toMatchObject({
      state: 'REMOVED',
      remote_id: null,
      content_hash: null,
    });
    const refused = (await system.tagServer.control.journal()).filter(({ status }) => (status ?? 0) >= 400);
    expect(refused).toEqual([]);
  });

  test('a row restored under its old id is created again, though its content is the same (pitfalls 23, 24)', async () => {
    const { tagId, participantId } = await delivered();
    const { rows } = await system.database.query('SELECT code, modified_on::text FROM tag WHERE id = $1', [tagId]);
    await system.ems.delete('tag', tagId);
    await system.sweep();
    expect(await system.remote('tags', tagId)).toBeNull();
    await system.ems.tag(participantId, { id: tagId, code: rows[0].code, modified_on: rows[0].modified_on });

    await system.sweep();

    expect(await system.remote('tags', tagId)).toMatchObject({ code: rows[0].code });
    expect(await system.record('Tag', tagId)).toMatchObject({ state: 'IN_SYNC', entity_id: tagId });
  });

  test('deleted and restored between two sweeps: nothing is sent, and the record is still of that row', async () => {
    const { tagId, participantId } = await delivered();
    const { rows } = await system.database.query('SELECT code, modified_on::text FROM tag WHERE id = $1', [tagId]);
    await system.ems.delete('tag', tagId);
    await system.ems.tag(participantId, { id: tagId, code: rows[0].code, modified_on: rows[0].modified_on });
    await system.tagServer.control.clearJournal();

    await system.sweep();

    expect(await system.record('Tag', tagId)).toMatchObject({ state: 'IN_SYNC', entity_id: tagId });
    expect(await system.remote('tags', tagId)).toMatchObject({ code: rows[0].code });
    const writes = (await system.tagServer.control.journal()).filter(({ method }) => method !== 'GET');
    expect(writes).toEqual([]);
  });

  test('created and deleted before a sweep saw it: nothing is sent', async () => {
    const { participantId } = await delivered();
    const tagId = await system.ems.tag(participantId, { code: 'FFFF0001' });
    await system.ems.delete('tag', tagId);
    await system.tagServer.control.clearJournal();

    await system.sweep();

    expect(await system.writes(`tags/${tagId}`)).toEqual([]);
  });

  test('a filter that passes nothing because the table is empty removes nothing of others (pitfall 25)', async () => {
    const { eventId } = await delivered();
    const stranger = await system.tagServer.control.backdoor({
      type: 'organisations',
      externalId: 'not-from-ems',
      set: { name: 'Somebody else' },
    });
    expect(stranger.outcome).toBe('created');

    await system.sweep();

    expect(await system.remote('organisations', 'not-from-ems')).toMatchObject({ name: 'Somebody else' });
    expect(await system.remote('events', eventId)).not.toBeNull();
  });
});

describe('filter', () => {
  test('an event cancelled takes its whole subtree off TagServer; reopened, all of it is back', async () => {
    const ids = await delivered();
    await system.ems.update('event', ids.eventId, { status: 'CANCELLED' });

    expect((await system.sweep()).ended).toBe('complete');

    const subtree = [
      ['tags', 'Tag', ids.tagId],
      ['start-group-participants', 'StartGroupParticipant', ids.startGroupParticipantId],
      ['event-participants', 'EventParticipant', ids.participantId],
      ['start-groups', 'StartGroup', ids.startGroupId],
      ['races', 'Race', ids.raceId],
      ['events', 'Event', ids.eventId],
      ['persons', 'Person', ids.personId],
      ['organisations', 'Organisation', ids.organisationId],
    ] as const;
    for (const [type, entity, id] of subtree) {
      expect([type, await system.remote(type, id)]).toEqual([type, null]);
      expect(await system.record(entity, id)).toMatchObject({ state: 'REMOVED', remote_id: null, content_hash: null });
    }
    expect((await system.sweep()).totals).toEqual({});

    await system.ems.update('event', ids.eventId, { status: 'OPEN' });
    expect((await system.sweep()).ended).toBe('complete');

    for (const [type, entity, id] of subtree) {
      expect([type, await system.remote(type, id)]).not.toEqual([type, null]);
      expect(await system.record(entity, id)).toMatchObject({ state: 'IN_SYNC', remote_id: id });
    }
    expect((await system.sweep()).totals).toEqual({});
  });
});
