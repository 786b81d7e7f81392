import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkContent, isObject } from './check-content.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { requireBody, sendJson } from './http.ts';
import { Problem } from './problem.ts';
import { envelope, etagOf, listItem, reprDigest, tombstone } from './representations.ts';
import {
  deleteParameters,
  externalIdOf,
  header,
  listParameters,
  queryOf,
  sourceVersionOf,
  typeOf,
} from './request-parts.ts';
import { type TagServer, commit } from './tagserver.ts';
import { type Upserted, type Write, checkPreconditions, merged, remove, upsert } from './write-rules.ts';

/** Lists, reads and writes single resources. */
export function addResourceRoutes(scope: FastifyInstance, server: TagServer): void {
  const { store } = server;

  const writeOf = (request: FastifyRequest): Write => ({
    type: typeOf(request),
    id: externalIdOf(request),
    ifMatch: header(request, 'if-match'),
    ifNoneMatch: header(request, 'if-none-match'),
    sourceVersion: sourceVersionOf(request),
    clientId: server.clientId,
    requestId: request.id,
    now: server.clock.instant(),
  });

  scope.get('/:type', async (request, reply) => {
    const type = typeOf(request);
    const { cursor, fields, limit, ...filters } = queryOf(request, listParameters);
    const after = cursor === undefined ? '' : readCursor('list', cursor);
    const rows = store.list({ type, after, ...filters, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return sendJson(reply, 200, {
      items: page.map((row) => listItem(row, fields)),
      nextCursor: rows.length > limit && last !== undefined ? writeCursor('list', last.id) : null,
    });
  });

  scope.get('/:type/:externalId', async (request, reply) => {
    const [type, id] = [typeOf(request), externalIdOf(request)];
    const row = store.find(type, id);
    if (row === undefined) throw new Problem('not-found', `${type}/${id} was never seen.`);
    if (row.deletedAt !== null) return sendJson(reply, 410, tombstone(row));

    reply.header('etag', etagOf(row));
    const known = (header(request, 'if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    if (known.includes(etagOf(row)) || known.includes('*')) return reply.code(304).send();
    const body = JSON.stringify(envelope(row));
    return reply
      .code(200)
      .headers({ 'content-type': 'application/json', 'repr-digest': reprDigest(body) })
      .send(body);
  });

  scope.put('/:type/:externalId', async (request, reply) => {
    const write = writeOf(request);
    const content = checkContent(write.type, requireBody(request, 'application/json'));
    const upserted = await commit(server, request, [`${write.type}/${write.id}`], () =>
      store.atomically(() => upsert(store, write, content)),
    );
    return sendUpserted(request, reply, upserted);
  });

  scope.patch('/:type/:externalId', async (request, reply) => {
    const write = writeOf(request);
    const patch = requireBody(request, 'application/merge-patch+json');
    if (!isObject(patch)) {
      throw new Problem('invalid-data', 'A merge patch is an object.', { errors: [{ pointer: '', code: 'type' }] });
    }
    if (write.ifMatch === undefined) {
      throw new Problem('precondition-required', 'PATCH needs If-Match with the ETag that the patch was made from.');
    }
    const upserted = await commit(server, request, [`${write.type}/${write.id}`], () =>
      store.atomically(() => {
        const row = store.find(write.type, write.id);
        if (row === undefined) throw new Problem('not-found', `${write.type}/${write.id} was never seen.`);
        if (row.deletedAt !== null) throw new Problem('gone', `${write.type}/${write.id} is deleted.`);
        checkPreconditions(write, row);
        return upsert(store, write, checkContent(write.type, merged(row, patch)));
      }),
    );
    return sendUpserted(request, reply, upserted);
  });

  scope.delete('/:type/:externalId', async (request, reply) => {
    const write = { ...writeOf(request), ifNoneMatch: undefined };
    const { cascade } = queryOf(request, deleteParameters);
    await commit(server, request, [`${write.type}/${write.id}`], () =>
      store.atomically(() => remove(store, write, { cascade })),
    );
    request.journalEntry.outcome = 'deleted';
    return reply.code(204).send();
  });
}

function sendUpserted(request: FastifyRequest, reply: FastifyReply, { outcome, row }: Upserted): FastifyReply {
  request.journalEntry.outcome = outcome;
  reply.header('etag', etagOf(row));
  if (outcome === 'created') reply.header('location', `/v1/${row.type}/${row.id}`);
  return sendJson(reply, outcome === 'created' ? 201 : 200, { ...envelope(row), outcome });
}
