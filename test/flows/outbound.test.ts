import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
}, 120_000);

afterAll(async () => {
  await system?.stop();
}, 60_000);

describe('outbound', () => {
  test('outbound new: what passes the filter reaches TagServer, with a record for each', async () => {
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
    expect(await system.record('Tag', tagId)).toMatchObject({
      state: 'IN_SYNC',
      remote_id: tagId,
      entity_id: tagId,
      entity_synced_on: await system.modifiedOn('tag', tagId),
    });
  });
});
