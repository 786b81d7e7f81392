import { deepEqual, equal, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Check, check } from './session.ts';

interface Change {
  readonly op: string;
  readonly type: string;
  readonly externalId: string;
  readonly version: number;
  readonly sequence: string;
  readonly data: unknown;
}

const name = 'Conformance Club';

export const changes: readonly Check[] = [
  check('the feed tells every change after a cursor in order of sequence, deletions included', async (session) => {
    const cursor = await session.latestCursor();
    const [a, b] = [await session.create('organisations', { name }), await session.create('organisations', { name })];
    await session.put('organisations', a, { name: 'Other' });
    await session.delete('organisations', b);
    const { body } = await session.call('GET', `/changes?after=${cursor}`);
    const mine: Change[] = body.items.filter(({ externalId }: Change) => externalId === a || externalId === b);
    const latest = new Map(mine.map((change) => [change.externalId, change]));
    deepEqual([latest.get(a)?.op, latest.get(a)?.version], ['upsert', 2]);
    deepEqual([latest.get(b)?.op, latest.get(b)?.version, latest.get(b)?.data], ['delete', 2, null]);
    const sequences = body.items.map(({ sequence }: Change) => BigInt(sequence));
    ok(sequences.every((sequence: bigint, nth: number) => nth === 0 || sequence > sequences[nth - 1]));
  }),

  check('page after page the feed misses nothing and says when there is more', async (session) => {
    const cursor = await session.latestCursor();
    const created = new Set<string>();
    for (let nth = 0; nth < 5; nth += 1)
      created.add(await session.create('persons', { givenName: 'A', familyName: 'B' }));
    const seen = new Set<string>();
    let [after, hasMore, pages] = [cursor, true, 0];
    while (hasMore) {
      const { body } = await session.call('GET', `/changes?after=${after}&types=persons&limit=2`);
      for (const { externalId } of body.items) seen.add(externalId);
      [after, hasMore, pages] = [body.nextCursor, body.hasMore, pages + 1];
    }
    ok(pages >= 3);
    deepEqual(created.difference(seen), new Set());
  }),

  check('the feed can be narrowed to types, and its cursor goes past the rest', async (session) => {
    const cursor = await session.latestCursor();
    const person = await session.create('persons', { givenName: 'A', familyName: 'B' });
    await session.create('organisations', { name });
    const { body } = await session.call('GET', `/changes?after=${cursor}&types=persons,tags`);
    ok(body.items.every(({ type }: Change) => type === 'persons' || type === 'tags'));
    ok(body.items.some(({ externalId }: Change) => externalId === person));
    equal((await session.call('GET', `/changes?after=${body.nextCursor}&types=organisations`)).body.items.length, 0);
  }),

  check('excludeClient leaves out what that client changed', async (session) => {
    const id = session.id();
    const cursor = await session.latestCursor();
    const written = await session.put('organisations', id, { name });
    const client = encodeURIComponent(written.body.changedBy.clientId);
    const has = async (excluded: string): Promise<boolean> => {
      const { body } = await session.call('GET', `/changes?after=${cursor}&excludeClient=${excluded}`);
      return body.items.some(({ externalId }: Change) => externalId === id);
    };
    deepEqual([await has(client), await has('nobody')], [false, true]);
  }),

  check('a long poll answers as soon as there is a change, and with nothing when its time is up', async (session) => {
    const cursor = await session.latestCursor();
    const startedAt = performance.now();
    equal((await session.call('GET', `/changes?after=${cursor}&types=tags&wait=1`)).body.items.length, 0);
    ok(performance.now() - startedAt >= 900, 'waits its second');

    const id = session.id();
    const waiting = session.call('GET', `/changes?after=${cursor}&types=organisations&wait=20`);
    await sleep(200);
    await session.put('organisations', id, { name });
    const { body } = await waiting;
    ok(performance.now() - startedAt < 10_000, 'does not sit out its time');
    ok(body.items.some(({ externalId }: Change) => externalId === id));
  }),
];
