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

/** Swaps values of a unique column between rows, as EMS does: in one transaction, through null. */
async function rotate(table: string, column: string, ids: readonly string[]): Promise<void> {
  const { database } = system;
  await database.query('BEGIN');
  const { rows } = await database.query(`SELECT id, ${column} AS value FROM ${table} WHERE id = ANY ($1)`, [ids]);
  const values = ids.map((id) => rows.find((row) => row.id === id).value);
  await database.query(`UPDATE ${table} SET ${column} = NULL WHERE id = ANY ($1)`, [ids]);
  for (const [index, id] of ids.entries()) {
    await database.query(`UPDATE ${table} SET ${column} = $2, modified_on = clock_timestamp() WHERE id = $1`, [
      id,
      values[(index + 1) % ids.length],
    ]);
  }
  await database.query('COMMIT');
}

describe('swaps', () => {
  test('two participants swap bibs, and three pass theirs round', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const ids: string[] = [];
    for (const bib of ['1', '2', '3', '4', '5']) ids.push(await ems.participant(eventId, raceId, { bib }));
    await system.sweep();

    await rotate('event_participant', 'bib', ids.slice(0, 2));
    await rotate('event_participant', 'bib', ids.slice(2));
    await system.sweep();

    for (const id of ids) await system.inState('EventParticipant', id, 'IN_SYNC');
    const bibs = await Promise.all(ids.map(async (id) => (await system.remote('event-participants', id))?.['bib']));
    expect(bibs).toEqual(['2', '1', '4', '5', '3']);
    expect((await system.sweep()).totals).toEqual({});
  });

  test('two tags swap codes and owners', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const [first, second] = [await ems.participant(eventId, raceId), await ems.participant(eventId, raceId)];
    const tags = [await ems.tag(first, { code: 'AAAA0001' }), await ems.tag(second, { code: 'AAAA0002' })] as const;
    await system.sweep();

    await rotate('tag', 'code', tags);
    await rotate('tag', 'event_participant_id', tags);
    await system.sweep();

    for (const id of tags) await system.inState('Tag', id, 'IN_SYNC');
    expect(await system.remote('tags', tags[0])).toMatchObject({ code: 'AAAA0002', eventParticipantId: second });
    expect(await system.remote('tags', tags[1])).toMatchObject({ code: 'AAAA0001', eventParticipantId: first });
    expect((await system.sweep()).totals).toEqual({});
  });

  test("a code taken over from a deleted tag: the dead one goes first, nobody waits for the other's sweep", async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const participantId = await ems.participant(eventId, raceId);
    const old = await ems.tag(participantId, { code: 'BBBB0001' });
    await system.sweep();
    await ems.delete('tag', old);
    const successor = await ems.tag(participantId, { code: 'BBBB0001' });

    await system.sweep();

    await system.inState('Tag', successor, 'IN_SYNC');
    expect(await system.remote('tags', old)).toBeNull();
    expect(await system.remote('tags', successor)).toMatchObject({ code: 'BBBB0001' });
  });

  test('EMS itself holds a bib twice: the first keeps it, the second is parked, until one of them changes', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const [first, second] = [
      await ems.participant(eventId, raceId, { bib: '9' }),
      await ems.participant(eventId, raceId, { bib: '9' }),
    ];

    await system.sweep();

    expect(await system.remote('event-participants', first)).toMatchObject({ bib: '9' });
    expect(await system.record('EventParticipant', second)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringContaining(`EventParticipant/${first}`),
    });
    await ems.update('event_participant', first, { bib: '10' });
    await system.sweep();
    await system.inState('EventParticipant', second, 'IN_SYNC');
    expect(await system.remote('event-participants', second)).toMatchObject({ bib: '9' });
  });

  test('bibs in two notations: the second is parked with the first one’s id, and arrives when that changes', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const first = await ems.participant(eventId, raceId, { bib: '12' });
    await system.sweep();
    const second = await ems.participant(eventId, raceId, { bib: ' 12\u00a0' });

    await system.sweep();

    expect(await system.inState('EventParticipant', second, 'PARKED')).toMatchObject({
      last_error: expect.stringContaining(`bib: is EventParticipant/${first}'s`),
    });
    expect((await system.sweep()).totals).toEqual({});
    await ems.update('event_participant', first, { bib: '13' });
    await system.sweep();
    await system.inState('EventParticipant', second, 'IN_SYNC');
    expect(await system.remote('event-participants', second)).toMatchObject({ bib: '12' });
  });

  test('codes that TagServer holds to be equal and EMS does not: parked with both ids, and arrives when the other changes', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const participantId = await ems.participant(eventId, raceId);
    const first = await ems.tag(participantId, { code: 'abcd0001' });
    await system.sweep();
    const second = await ems.tag(participantId, { code: 'ABCD0001' });

    await system.sweep();

    expect(await system.inState('Tag', second, 'PARKED')).toMatchObject({
      last_error: expect.stringContaining(`code: is Tag/${first}'s`),
    });
    await ems.update('tag', first, { code: 'abcd0003' });
    await system.sweep();
    await system.inState('Tag', second, 'IN_SYNC');
    expect(await system.remote('tags', second)).toMatchObject({ code: 'ABCD0001' });
  });

  test('a stranger at TagServer holds the code: parked, and said so without the stranger’s words', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const participantId = await ems.participant(eventId, raceId);
    await system.sweep();
    await system.tagServer.control.backdoor({
      type: 'tags',
      externalId: 'from-the-desk',
      set: { eventId, code: 'CCCC0001' },
    });
    const tagId = await ems.tag(participantId, { code: 'CCCC0001' });

    await system.sweep();

    expect(await system.inState('Tag', tagId, 'PARKED')).toMatchObject({
      last_error: 'code: is held at TagServer by a resource that is not from EMS, which EMS does not know',
    });
  });
});
