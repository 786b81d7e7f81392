import { deepEqual, equal } from 'node:assert/strict';
import { type Check, check, refused } from './session.ts';

const name = 'Conformance Club';
const as = (attempt: number) => ({ 'x-source-version': String(attempt) });

export const deleting: readonly Check[] = [
  check('a DELETE leaves a tombstone, and is 204 again', async (session) => {
    const id = session.id();
    await session.put('organisations', id, { name }, as(3));
    equal((await session.delete('organisations', id, { headers: as(4) })).status, 204);
    const gone = await session.get('organisations', id);
    deepEqual([gone.status, gone.body.version, gone.body.sourceVersion], [410, 2, 4]);
    equal((await session.delete('organisations', id, { headers: as(4) })).status, 204);
    equal((await session.get('organisations', id)).body.sequence, gone.body.sequence);
  }),

  check('a DELETE of what was never seen is 204', async (session) => {
    const id = session.id();
    equal((await session.delete('organisations', id)).status, 204);
    equal((await session.get('organisations', id)).status, 404);
  }),

  check(
    'a DELETE of what was never seen is remembered with its X-Source-Version: late PUTs are refused',
    async (session) => {
      const id = session.id();
      equal((await session.delete('organisations', id, { headers: as(8) })).status, 204);
      refused(await session.put('organisations', id, { name }, as(7)), 409, 'stale-source-version');
      equal((await session.put('organisations', id, { name }, as(9))).status, 201);
    },
  ),

  check('a tombstone keeps its X-Source-Version, raised by later deletes and never lowered', async (session) => {
    const id = session.id();
    await session.put('organisations', id, { name }, as(1));
    await session.delete('organisations', id, { headers: as(2) });
    await session.delete('organisations', id, { headers: as(6) });
    await session.delete('organisations', id, { headers: as(3) });
    equal((await session.get('organisations', id)).body.sourceVersion, 6);
    refused(await session.put('organisations', id, { name }, as(5)), 409, 'stale-source-version');
  }),

  check('a PUT over a tombstone creates again, and the version goes on', async (session) => {
    const id = await session.create('organisations', { name });
    await session.delete('organisations', id);
    const again = await session.put('organisations', id, { name });
    deepEqual([again.status, again.body.outcome, again.body.version], [201, 'created', 3]);
    equal((await session.get('organisations', id)).status, 200);
  }),

  check('a DELETE with If-Match deletes only the version that it names', async (session) => {
    const id = await session.create('organisations', { name });
    refused(await session.delete('organisations', id, { headers: { 'if-match': '"v4"' } }), 412, 'precondition-failed');
    equal((await session.delete('organisations', id, { headers: { 'if-match': '"v1"' } })).status, 204);
  }),

  check('what others refer to is deleted only with them, on request', async (session) => {
    const { organisationId, eventId, raceId, personId } = await session.createRace();
    const participantId = await session.create('event-participants', {
      eventId,
      raceId,
      personId,
      status: 'registered',
    });
    const tagId = await session.create('tags', { eventId, code: 'ABCD1234', eventParticipantId: participantId });
    refused(await session.delete('organisations', organisationId), 409, 'has-dependents');
    refused(await session.delete('event-participants', participantId), 409, 'has-dependents');
    equal((await session.get('events', eventId)).status, 200);

    equal((await session.delete('organisations', organisationId, { cascade: true })).status, 204);
    for (const [type, id] of [
      ['events', eventId],
      ['races', raceId],
      ['event-participants', participantId],
      ['tags', tagId],
    ] as const) {
      equal((await session.get(type, id)).status, 410, type);
    }
    equal((await session.get('persons', personId)).status, 200);
  }),

  check('a PATCH of a tombstone is gone', async (session) => {
    const id = await session.create('organisations', { name });
    await session.delete('organisations', id);
    const answer = await session.patch('organisations', id, { name }, { 'if-match': '"v2"' });
    refused(answer, 410, 'gone');
  }),
];
