import type { FastifyInstance } from 'fastify';
import { readCursor, writeCursor } from './cursor.ts';
import { sendJson } from './http.ts';
import { Problem } from './problem.ts';
import { change } from './representations.ts';
import { changesParameters, queryOf } from './request-parts.ts';
import type { Row } from './store.ts';
import type { TagServer } from './tagserver.ts';

/** The change feed, in order of commit. */
export function addChangeRoutes(scope: FastifyInstance, { store }: TagServer): void {
  const closing = new AbortController();
  scope.addHook('preClose', async () => closing.abort());

  scope.get('/changes', async (request, reply) => {
    const { after: cursor, wait, limit, ...filters } = queryOf(request, changesParameters);
    const after = cursor === undefined ? '0' : readCursor('changes', cursor);
    const read = (): Row[] => {
      checkAge(cursor === undefined, after);
      return store.changes({ after, ...filters, limit: limit + 1 });
    };

    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const giveUp = AbortSignal.any([gone.signal, closing.signal, AbortSignal.timeout(wait * 1_000)]);
    let rows = read();
    if (wait > 0) {
      while (rows.length === 0 && !giveUp.aborted) {
        await nextCommit(giveUp);
        rows = read();
      }
    }

    const hasMore = rows.length > limit;
    const page = rows.slice(0, limit);
    // Move past the changes that the filters left out, too; otherwise the client would read them again and again.
    const reached = hasMore ? page.at(-1)?.sequence : store.latest;
    return sendJson(reply, 200, {
      items: page.map(change),
      nextCursor: writeCursor('changes', reached ?? store.latest),
      hasMore,
    });
  });

  const checkAge = (fromTheBeginning: boolean, after: string): void => {
    if (BigInt(after) > BigInt(store.latest)) {
      throw new Problem('cursor-invalid', 'The cursor is ahead of this server; start again without one.');
    }
    if (fromTheBeginning || BigInt(after) >= BigInt(store.purgedUpTo)) return;
    throw new Problem(
      'cursor-expired',
      'Tombstones after this cursor were purged: scan, then go on from resumeCursor.',
      {
        resumeCursor: writeCursor('changes', store.latest),
      },
    );
  };

  const nextCommit = async (giveUp: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const forget = store.onCommit(resolve);
    giveUp.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    forget();
  };
}
