import { randomUUID } from 'node:crypto';
import { deepEqual, equal } from 'node:assert/strict';
import { type Answer, type Check, check, refused } from './session.ts';

const organisation = (externalId: string, name = 'Conformance Club') =>
  ({ op: 'upsert', type: 'organisations', externalId, data: { name } }) as const;
const removal = (externalId: string) => ({ op: 'delete', type: 'organisations', externalId }) as const;

const outcomes = ({ body }: Answer): string[] => body.results.map((result: { outcome: string }) => result.outcome);

export const batch: readonly Check[] = [
  check('a batch is done in order, one result an operation, and one failure stops no other', async (session) => {
    const [a, b] = [session.id(), session.id()];
    const unknownRace = {
      op: 'upsert',
      type: 'start-groups',
      externalId: session.id(),
      data: { raceId: b, name: 'A' },
    };
    const operations = [
      organisation(a),
      unknownRace,
      organisation(a),
      organisation(a, 'Other'),
      organisation(b, ' b'),
      removal(a),
    ];
    const answer = await session.batch(operations);
    deepEqual(outcomes(answer), ['created', 'failed', 'unchanged', 'updated', 'failed', 'deleted']);
    equal(answer.body.failed, 2);
    const [created, reference, , , invalid, deleted] = answer.body.results;
    deepEqual([created.index, created.externalId, created.version, created.etag], [0, a, 1, '"v1"']);
    deepEqual(
      [reference.problem.code, reference.problem.errors[0].pointer],
      ['unknown-reference', '/operations/1/data/raceId'],
    );
    deepEqual([invalid.problem.code, invalid.problem.errors[0].pointer], ['invalid-data', '/operations/4/data/name']);
    equal(deleted.version, 3);
  }),

  check('an atomic batch is done wholly or not at all', async (session) => {
    const [a, b] = [session.id(), session.id()];
    const answer = await session.batch([organisation(a), organisation(b, ' b'), organisation(b)], { atomic: true });
    deepEqual(outcomes(answer), ['not-attempted', 'failed', 'not-attempted']);
    equal((await session.get('organisations', a)).status, 404);
    deepEqual(outcomes(await session.batch([organisation(a), organisation(b)], { atomic: true })), [
      'created',
      'created',
    ]);
    await session.batch([removal(a), removal(b)]);
  }),

  check('ifMatch and sourceVersion hold in a batch too', async (session) => {
    const id = session.id();
    const answer = await session.batch([
      { ...organisation(id), sourceVersion: 5 },
      { ...organisation(id, 'Late'), sourceVersion: 4 },
      { ...organisation(id, 'Other'), ifMatch: '"v9"' },
      { ...removal(id), sourceVersion: 4 },
      { ...removal(id), ifMatch: '"v1"', sourceVersion: 6 },
    ]);
    deepEqual(outcomes(answer), ['created', 'failed', 'failed', 'failed', 'deleted']);
    const codes = answer.body.results.map((result: { problem?: { code: string } }) => result.problem?.code);
    deepEqual(codes, [undefined, 'stale-source-version', 'precondition-failed', 'stale-source-version', undefined]);
  }),

  check('the same key and body replay the first answer; the same key with another body is refused', async (session) => {
    const id = session.id();
    const key = randomUUID();
    const first = await session.batch([organisation(id)], { key });
    equal(first.headers.get('idempotency-replayed'), null);
    await session.put('organisations', id, { name: 'Changed since' });
    const again = await session.batch([organisation(id)], { key });
    deepEqual(again.body, first.body);
    equal(again.headers.get('idempotency-replayed'), 'true');
    equal((await session.get('organisations', id)).body.version, 2);
    refused(await session.batch([organisation(id, 'Other')], { key }), 422, 'idempotency-conflict');
    await session.delete('organisations', id);
  }),

  check('a batch needs an Idempotency-Key of 16 to 128 characters', async (session) => {
    const json = { operations: [removal(session.id())] };
    equal((await session.call('POST', '/batch', { json })).status, 422);
    equal((await session.batch(json.operations, { key: 'short' })).status, 422);
  }),

  check('a batch of 500 passes, one of 501 or of more than 5 MiB is too large', async (session) => {
    const operations = Array.from({ length: 501 }, () => removal(session.id()));
    equal((await session.batch(operations.slice(0, 500))).body.results.length, 500);
    refused(await session.batch(operations), 413, 'batch-too-large');
    const raw = JSON.stringify({ operations: [organisation(session.id(), 'x'.repeat(5 * 1024 * 1024))] });
    const headers = { 'idempotency-key': randomUUID() };
    refused(await session.call('POST', '/batch', { raw, headers }), 413, 'batch-too-large');
  }),

  check('a body that is no batch is refused as a whole', async (session) => {
    refused(await session.batch([]), 422, 'invalid-data');
    refused(await session.batch([{ ...removal(session.id()), x: 1 }]), 422, 'invalid-data');
    refused(await session.batch([{ ...removal(session.id()), type: 'horses' }]), 422, 'invalid-data');
    deepEqual(outcomes(await session.batch([{ op: 'upsert', type: 'tags', externalId: session.id() }])), ['failed']);
  }),
];
