import { createHash } from 'node:crypto';
import { deepEqual, equal, ok } from 'node:assert/strict';
import { type Check, type Session, check, refused } from './session.ts';

interface Item {
  readonly externalId: string;
  readonly data?: unknown;
  readonly deletedAt?: string;
}

/** Reads all pages of a list. */
async function scan(session: Session, path: string): Promise<{ items: Item[]; pages: number }> {
  const items: Item[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const { body } = await session.call('GET', `${path}${cursor === null ? '' : `&cursor=${cursor}`}`);
    items.push(...body.items);
    cursor = body.nextCursor;
    pages += 1;
  } while (cursor !== null);
  return { items, pages };
}

const idsOf = (items: readonly Item[]): string[] => items.map(({ externalId }) => externalId);

export const reading: readonly Check[] = [
  check('health needs no token and tells the time', async (session) => {
    const answer = await session.call('GET', '/healthz', { headers: { authorization: '' } });
    deepEqual([answer.status, answer.body.status], [200, 'ok']);
  }),

  check('a missing or wrong token is refused before anything else', async (session) => {
    const headers = { authorization: 'Bearer wrong' };
    refused(await session.call('GET', '/persons/1', { headers }), 401, 'unauthorised');
    refused(await session.call('GET', '/changes', { headers: { authorization: '' } }), 401, 'unauthorised');
    refused(await session.call('PUT', `/persons/${session.id()}`, { headers, raw: '{"broken' }), 401, 'unauthorised');
  }),

  check('what was never seen, and a type that does not exist, are not found', async (session) => {
    refused(await session.get('persons', session.id()), 404, 'not-found');
    refused(await session.call('GET', '/horses/1'), 404, 'not-found');
  }),

  check('GET gives a strong ETag, 304 to who has it, and the digest of its body', async (session) => {
    const id = await session.create('organisations', { name: 'Conformance Club' });
    const answer = await session.get('organisations', id);
    equal(answer.headers.get('etag'), '"v1"');
    const digest = createHash('sha256').update(answer.text).digest('base64');
    equal(answer.headers.get('repr-digest'), `sha-256=:${digest}:`);
    equal((await session.get('organisations', id, { 'if-none-match': '"v1"' })).status, 304);
    equal((await session.get('organisations', id, { 'if-none-match': '"v2"' })).status, 200);
  }),

  check('a list goes through everything once, in order of id, whatever the page', async (session) => {
    const { eventId } = await session.createRace();
    const created: string[] = [];
    for (let nth = 0; nth < 7; nth += 1) {
      created.push(await session.create('tags', { eventId, code: `AB0${nth}` }));
    }
    const { items, pages } = await scan(session, `/tags?eventId=${eventId}&limit=3`);
    deepEqual(idsOf(items), created);
    equal(pages, 3);
  }),

  check('fields=hash leaves the data out; includeDeleted lets tombstones in', async (session) => {
    const { eventId } = await session.createRace();
    const live = await session.create('tags', { eventId, code: 'AB01' });
    const gone = await session.create('tags', { eventId, code: 'AB02' });
    await session.delete('tags', gone);
    const hashes = await scan(session, `/tags?eventId=${eventId}&fields=hash`);
    deepEqual(idsOf(hashes.items), [live]);
    ok(hashes.items.every((item) => !('data' in item)));
    const all = await scan(session, `/tags?eventId=${eventId}&includeDeleted=true`);
    deepEqual(idsOf(all.items), [live, gone]);
    ok(all.items[1]?.deletedAt !== undefined);
  }),

  check('a list can be narrowed to an event or a race', async (session) => {
    const { eventId, raceId, personId } = await session.createRace();
    const otherRaceId = await session.create('races', { eventId, name: '5 km' });
    const participant = { eventId, personId, status: 'registered' };
    const here = await session.create('event-participants', { ...participant, raceId });
    const there = await session.create('event-participants', { ...participant, raceId: otherRaceId });
    deepEqual(idsOf((await scan(session, `/event-participants?raceId=${raceId}`)).items), [here]);
    deepEqual(idsOf((await scan(session, `/event-participants?eventId=${eventId}`)).items), [here, there]);
    deepEqual(idsOf((await scan(session, `/races?eventId=${eventId}`)).items), [raceId, otherRaceId]);
  }),

  check('a cursor that the server did not hand out, and a limit out of bounds, are refused', async (session) => {
    refused(await session.call('GET', '/persons?cursor=%20nonsense'), 400, 'cursor-invalid');
    refused(await session.call('GET', '/changes?after=nonsense'), 400, 'cursor-invalid');
    refused(await session.call('GET', '/persons?limit=0'), 422, 'invalid-data');
    refused(await session.call('GET', '/persons?limit=1001'), 422, 'invalid-data');
  }),
];
