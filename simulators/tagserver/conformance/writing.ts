import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { contentHash } from '../canonical-json.ts';
import { type Check, check, refused } from './session.ts';

const name = 'Conformance Club';
const as = (attempt: number) => ({ 'x-source-version': String(attempt) });

export const writing: readonly Check[] = [
  check('a PUT of something new creates version 1 and says where it is', async (session) => {
    const id = session.id();
    const answer = await session.put('organisations', id, { name, countryCode: 'PT' });
    equal(answer.status, 201);
    equal(answer.headers.get('etag'), '"v1"');
    ok(answer.headers.get('location')?.endsWith(`/organisations/${id}`));
    const { outcome, version, type, externalId } = answer.body;
    deepEqual(
      { outcome, version, type, externalId },
      { outcome: 'created', version: 1, type: 'organisations', externalId: id },
    );
  }),

  check('what was PUT is what GET gives, with absent properties spelled out as null', async (session) => {
    const id = await session.create('persons', { givenName: 'Zoë', familyName: "O'Brien 🏃", club: 'A&amp;B' });
    deepEqual((await session.get('persons', id)).body.data, {
      givenName: 'Zoë',
      familyName: "O'Brien 🏃",
      birthDate: null,
      gender: null,
      nationality: null,
      club: 'A&amp;B',
    });
  }),

  check('contentHash is the sha-256 of the canonical JSON with nulls spelled out', async (session) => {
    const answer = await session.put('organisations', session.id(), { name: 'Ünïcödé "1"' });
    equal(answer.body.contentHash, contentHash({ countryCode: null, name: 'Ünïcödé "1"' }));
  }),

  check('a PUT of other content makes the next version under a later sequence', async (session) => {
    const id = session.id();
    const first = await session.put('organisations', id, { name });
    const second = await session.put('organisations', id, { name: `${name} 2` });
    deepEqual([second.status, second.body.outcome, second.body.version], [200, 'updated', 2]);
    equal(second.headers.get('etag'), '"v2"');
    ok(BigInt(second.body.sequence) > BigInt(first.body.sequence));
    notEqual(second.body.contentHash, first.body.contentHash);
    equal(second.body.createdAt, first.body.createdAt);
  }),

  check(
    'a PUT of the same content is unchanged: same version, same sequence, no entry in the feed',
    async (session) => {
      const id = session.id();
      const first = await session.put('organisations', id, { name });
      const cursor = await session.latestCursor();
      const again = await session.put('organisations', id, { countryCode: null, name });
      deepEqual([again.status, again.body.outcome], [200, 'unchanged']);
      deepEqual([again.body.version, again.body.sequence], [first.body.version, first.body.sequence]);
      const { body } = await session.call('GET', `/changes?after=${cursor}`);
      ok(!body.items.some((item: { externalId: string }) => item.externalId === id));
    },
  ),

  check('If-Match replaces only the version that it names', async (session) => {
    const id = await session.create('organisations', { name });
    refused(
      await session.put('organisations', id, { name: 'Other' }, { 'if-match': '"v7"' }),
      412,
      'precondition-failed',
    );
    equal((await session.put('organisations', id, { name: 'Other' }, { 'if-match': '"v1"' })).body.version, 2);
    refused(
      await session.put('organisations', session.id(), { name }, { 'if-match': '"v1"' }),
      412,
      'precondition-failed',
    );
  }),

  check('If-None-Match: * only creates', async (session) => {
    const id = session.id();
    equal((await session.put('organisations', id, { name }, { 'if-none-match': '*' })).status, 201);
    refused(await session.put('organisations', id, { name }, { 'if-none-match': '*' }), 412, 'precondition-failed');
  }),

  check('PATCH merges, null removes, and it needs If-Match', async (session) => {
    const id = await session.create('organisations', { name, countryCode: 'PT' });
    refused(await session.patch('organisations', id, { countryCode: 'ES' }, {}), 428, 'precondition-required');
    refused(
      await session.patch('organisations', id, { countryCode: 'ES' }, { 'if-match': '"v9"' }),
      412,
      'precondition-failed',
    );
    const patched = await session.patch('organisations', id, { countryCode: null }, { 'if-match': '"v1"' });
    deepEqual([patched.status, patched.body.version], [200, 2]);
    deepEqual(patched.body.data, { name, countryCode: null });
    refused(await session.patch('organisations', id, { name: null }, { 'if-match': '"v2"' }), 422, 'invalid-data');
    refused(await session.patch('organisations', session.id(), { name }, { 'if-match': '"v1"' }), 404, 'not-found');
  }),

  check(
    'a lower X-Source-Version than stored is refused, an equal one compares content, a higher one wins',
    async (session) => {
      const id = session.id();
      equal((await session.put('organisations', id, { name }, as(5))).body.sourceVersion, 5);
      refused(await session.put('organisations', id, { name: 'Late' }, as(4)), 409, 'stale-source-version');
      refused(await session.put('organisations', id, { name }, as(4)), 409, 'stale-source-version');
      equal((await session.put('organisations', id, { name }, as(5))).body.outcome, 'unchanged');
      equal((await session.put('organisations', id, { name: 'Same attempt' }, as(5))).body.outcome, 'updated');
      equal((await session.put('organisations', id, { name: 'Next' }, as(6))).body.sourceVersion, 6);
      const patch = await session.patch('organisations', id, { name: 'Late' }, { 'if-match': '"v3"', ...as(5) });
      refused(patch, 409, 'stale-source-version');
      refused(await session.delete('organisations', id, { headers: as(5) }), 409, 'stale-source-version');
    },
  ),

  check('an unchanged write still raises the stored X-Source-Version', async (session) => {
    const id = session.id();
    await session.put('organisations', id, { name }, { 'x-source-version': '1' });
    const again = await session.put('organisations', id, { name }, { 'x-source-version': '9' });
    deepEqual([again.body.outcome, again.body.sourceVersion, again.body.version], ['unchanged', 9, 1]);
    refused(
      await session.put('organisations', id, { name: 'Late' }, { 'x-source-version': '8' }),
      409,
      'stale-source-version',
    );
  }),

  check('a write without X-Source-Version does not lower what is stored', async (session) => {
    const id = session.id();
    await session.put('organisations', id, { name }, { 'x-source-version': '7' });
    equal((await session.put('organisations', id, { name: 'By hand' })).body.sourceVersion, 7);
    refused(await session.put('organisations', id, { name }, { 'x-source-version': '6' }), 409, 'stale-source-version');
  }),

  check(
    'a reference to nothing live is refused as retryable, by pointer, and passes once it is there',
    async (session) => {
      const { eventId, raceId, personId } = await session.createRace();
      const groupId = session.id();
      const group = { raceId: groupId, name: 'Wave A' };
      const answer = await session.put('start-groups', groupId, group);
      refused(answer, 422, 'unknown-reference');
      equal(answer.body.retryable, true);
      equal(answer.body.errors[0].pointer, '/raceId');
      equal((await session.put('start-groups', groupId, { ...group, raceId })).status, 201);

      const gone = await session.create('persons', { givenName: 'Ida', familyName: 'Exemplo' });
      await session.delete('persons', gone);
      const participant = { eventId, raceId, personId: gone, status: 'registered' };
      refused(await session.put('event-participants', session.id(), participant), 422, 'unknown-reference');
      equal((await session.put('event-participants', session.id(), { ...participant, personId })).status, 201);
    },
  ),

  check('a bib is unique among the live participants of a race', async (session) => {
    const { eventId, raceId, personId, otherPersonId } = await session.createRace();
    const otherRaceId = await session.create('races', { eventId, name: '5 km' });
    const bib = (race: string, person: string) => ({
      eventId,
      raceId: race,
      personId: person,
      bib: '12',
      status: 'registered',
    });
    const holder = await session.create('event-participants', bib(raceId, personId));
    const id = session.id();
    const answer = await session.put('event-participants', id, bib(raceId, otherPersonId));
    refused(answer, 409, 'duplicate-bib');
    match(answer.text, new RegExp(holder), 'names the holder');
    await session.create('event-participants', bib(otherRaceId, otherPersonId));
    await session.put('event-participants', holder, { ...bib(raceId, personId), bib: null });
    equal((await session.put('event-participants', id, bib(raceId, otherPersonId))).status, 201);
  }),

  check('a tag code is unique among the live tags of an event', async (session) => {
    const { eventId } = await session.createRace();
    const holder = await session.create('tags', { eventId, code: 'E2801160' });
    const id = session.id();
    refused(await session.put('tags', id, { eventId, code: 'E2801160' }), 409, 'duplicate-tag');
    await session.delete('tags', holder);
    equal((await session.put('tags', id, { eventId, code: 'E2801160', kind: 'spare' })).status, 201);
  }),

  check('what is wrong is told in order: data, precondition, stale attempt, references', async (session) => {
    const id = session.id();
    const raceId = session.id();
    const missing = { raceId, name: 'Wave A' };
    const late = { 'x-source-version': '1' };
    await session.delete('start-groups', id, { headers: { 'x-source-version': '5' } });
    refused(await session.put('start-groups', id, { raceId }, { ...late, 'if-match': '"v9"' }), 422, 'invalid-data');
    refused(
      await session.put('start-groups', id, missing, { ...late, 'if-match': '"v9"' }),
      412,
      'precondition-failed',
    );
    refused(await session.put('start-groups', id, missing, late), 409, 'stale-source-version');
    refused(await session.put('start-groups', id, missing, { 'x-source-version': '6' }), 422, 'unknown-reference');
  }),
];
