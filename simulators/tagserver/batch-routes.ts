import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { checkContent } from './check-content.ts';
import { compile } from './contract.ts';
import { requireBody, sendJson } from './http.ts';
import { Problem } from './problem.ts';
import { etagOf } from './representations.ts';
import { batchParameters, header, queryOf } from './request-parts.ts';
import type { ResourceType } from './resource-types.ts';
import { type TagServer, commit } from './tagserver.ts';
import { type Write, remove, upsert } from './write-rules.ts';

const MAX_OPERATIONS = 500;
const KEY_LIFETIME_MS = 24 * 3_600_000;

interface Operation {
  readonly op: 'upsert' | 'delete';
  readonly type: ResourceType;
  readonly externalId: string;
  readonly ifMatch?: string | null;
  readonly sourceVersion?: number | null;
  readonly data?: unknown;
}

const operation = 'contract#/components/schemas/BatchOperation/properties';

/**
 * The contract's BatchOperation, except `data`: that is validated per operation, so an invalid one does not affect the
 * others.
 */
const isBatch = compile<{ readonly operations: readonly Operation[] }>({
  type: 'object',
  required: ['operations'],
  additionalProperties: false,
  properties: {
    operations: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['op', 'type', 'externalId'],
        additionalProperties: false,
        properties: {
          ...Object.fromEntries(
            ['op', 'type', 'externalId', 'ifMatch', 'sourceVersion'].map((name) => [
              name,
              { $ref: `${operation}/${name}` },
            ]),
          ),
          data: true,
        },
      },
    },
  },
});

/** Many writes in one request. */
export function addBatchRoutes(scope: FastifyInstance, server: TagServer): void {
  const { store, clock, clientId } = server;
  const running = new Map<string, string>();

  scope.post('/batch', async (request, reply) => {
    const { atomic } = queryOf(request, batchParameters);
    const key = keyOf(header(request, 'idempotency-key'));
    const body = requireBody(request, 'application/json');
    const operations = operationsOf(body);
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([atomic, body]))
      .digest('hex');

    const saved = store.savedAnswer(clientId, key, clock.now() - KEY_LIFETIME_MS);
    const first = running.get(key) ?? saved?.fingerprint;
    if (first !== undefined && first !== fingerprint) {
      throw new Problem('idempotency-conflict', 'This Idempotency-Key was used with another body; take a new key.');
    }
    if (running.has(key)) {
      throw new Problem('idempotency-in-progress', 'The first request with this Idempotency-Key is still running.');
    }
    if (saved !== undefined) {
      request.journalEntry.outcome = 'replayed';
      reply.header('idempotency-replayed', 'true');
      return sendJson(reply, 200, JSON.parse(saved.answer));
    }

    running.set(key, fingerprint);
    try {
      const rows = operations.map(({ type, externalId }) => `${type}/${externalId}`);
      const results = await commit(server, request, rows, () => {
        const done = execute(operations, atomic, request.id);
        store.saveAnswer(clientId, key, fingerprint, JSON.stringify(done), clock.now());
        return done;
      });
      request.journalEntry.outcome = results.results.map(({ outcome }) => outcome).join(' ');
      return sendJson(reply, 200, results);
    } finally {
      running.delete(key);
    }
  });

  const execute = (operations: readonly Operation[], atomic: boolean, requestId: string) => {
    const results = atomic ? allOrNothing(operations, requestId) : oneByOne(operations, requestId);
    return { failed: results.filter(({ outcome }) => outcome === 'failed').length, results };
  };

  const oneByOne = (operations: readonly Operation[], requestId: string) =>
    operations.map((one, index) => {
      try {
        return store.atomically(() => apply(one, index, requestId));
      } catch (error) {
        return failed(one, index, error);
      }
    });

  const allOrNothing = (operations: readonly Operation[], requestId: string) => {
    let reached = 0;
    try {
      return store.atomically(() =>
        operations.map((one, index) => {
          reached = index;
          return apply(one, index, requestId);
        }),
      );
    } catch (error) {
      return operations.map((one, index) =>
        index === reached ? failed(one, index, error) : { ...identity(one, index), outcome: 'not-attempted' },
      );
    }
  };

  const apply = (one: Operation, index: number, requestId: string) => {
    const write: Write = {
      type: one.type,
      id: one.externalId,
      ifMatch: one.ifMatch ?? undefined,
      sourceVersion: one.sourceVersion ?? undefined,
      clientId,
      requestId,
      now: clock.instant(),
    };
    if (one.op === 'delete') {
      const row = remove(store, write, { cascade: false });
      return { ...identity(one, index), outcome: 'deleted', version: row?.version ?? null };
    }
    const { outcome, row } = upsert(store, write, checkContent(one.type, one.data));
    return { ...identity(one, index), outcome, version: row.version, etag: etagOf(row), contentHash: row.hash };
  };
}

const identity = ({ type, externalId }: Operation, index: number) => ({ index, type, externalId });

function failed(one: Operation, index: number, error: unknown) {
  if (!(error instanceof Problem)) throw error;
  return { ...identity(one, index), outcome: 'failed', problem: error.body(`/operations/${index}/data`) };
}

function keyOf(key: string | undefined): string {
  if (key !== undefined && key.length >= 16 && key.length <= 128) return key;
  throw new Problem('invalid-data', 'A batch needs the header Idempotency-Key, 16 to 128 characters.');
}

function operationsOf(body: unknown): readonly Operation[] {
  if (!isBatch(body)) {
    const errors = (isBatch.errors ?? []).map(({ instancePath, keyword, message }) => ({
      pointer: instancePath,
      code: keyword,
      ...(message === undefined ? {} : { detail: message }),
    }));
    throw new Problem('invalid-data', 'The body does not have the form of a batch.', { errors });
  }
  if (body.operations.length > MAX_OPERATIONS) {
    throw new Problem('batch-too-large', `A batch has at most ${MAX_OPERATIONS} operations.`);
  }
  return body.operations;
}
