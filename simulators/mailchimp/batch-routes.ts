import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { cutFields } from './cut-fields.ts';
import { bodyAs, did, paramOf, queryOf } from './http.ts';
import { keyOf } from './identity.ts';
import { type Mailchimp, isoOf } from './mailchimp.ts';
import { pageOf } from './paging.ts';
import { invalidFields, notFound, tooManyRequests } from './problem.ts';
import type { Batch } from './records.ts';
import { tarGz } from './tar.ts';

const MAX_OPEN = 500;

const operation = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string(),
  params: z.record(z.string(), z.coerce.string()).optional(),
  body: z.string().optional(),
  operation_id: z.string().optional(),
});
const batchBody = z.object({ operations: z.array(operation).min(1) });

/** Asynchronous batches and the download of their results (outside the API, without a key). */
export function addBatchRoutes(scope: FastifyInstance, mailchimp: Mailchimp, origin: () => string): void {
  const { store, batches, clock } = mailchimp;

  const find = (key: string): Batch => {
    const [batch] = store.batches.by('key', key);
    if (batch === undefined) throw notFound();
    return batch;
  };
  const shape = (batch: Batch) => {
    const status = batches.statusOf(batch);
    const finished = status === 'finished';
    const results = batch.results ?? [];
    return {
      id: batch.key,
      status,
      total_operations: status === 'pending' ? 0 : batch.operations.length,
      finished_operations: results.length,
      errored_operations: results.filter(({ status_code: code }) => code >= 400).length,
      submitted_at: isoOf(batch.submittedAt),
      completed_at: finished ? isoOf(batches.dueAt(batch)) : '',
      response_body_url: finished ? resultUrl(mailchimp, batch, origin()) : '',
      _links: [{ rel: 'self', href: `/3.0/batches/${batch.key}`, method: 'GET' }],
    };
  };

  scope.post('/batches', async (request) => {
    const { operations } = bodyAs(request, batchBody);
    const { maxBatchOperations } = mailchimp.settings;
    if (operations.length > maxBatchOperations) {
      throw invalidFields([{ field: 'operations', message: `Please send at most ${maxBatchOperations} operations` }]);
    }
    if (batches.open().length >= MAX_OPEN) throw tooManyRequests();
    const id = store.batches.nextId();
    const batch = store.batches.save({
      id,
      key: keyOf('batch', id),
      operations: operations.map((each) => ({
        method: each.method,
        path: each.path.startsWith('/') ? each.path : `/${each.path}`,
        params: each.params ?? {},
        body: each.body ?? '',
        operationId: each.operation_id ?? '',
      })),
      submittedAt: clock.now(),
      results: null,
    });
    batches.watch();
    did(request, 'created');
    return shape(batch);
  });

  scope.get('/batches', async (request) => {
    await batches.advance();
    const rows = store.batches.all();
    return cutFields(
      { batches: pageOf(rows, queryOf(request)).map(shape), total_items: rows.length },
      queryOf(request),
    );
  });

  scope.get('/batches/:id', async (request) => {
    await batches.advance();
    return cutFields(shape(find(paramOf(request, 'id'))), queryOf(request));
  });

  scope.delete('/batches/:id', async (request, reply) => {
    store.batches.remove(find(paramOf(request, 'id')).id);
    did(request, 'deleted');
    return reply.code(204).send();
  });
}

/** `expires` in Unix seconds. */
const signatureOf = (batch: Batch, expires: number): string =>
  createHash('sha256').update(`${batch.key} ${batch.submittedAt} ${expires}`).digest('hex').slice(0, 32);

function resultUrl({ clock, settings }: Mailchimp, batch: Batch, origin: string): string {
  const expires = Math.floor(clock.now() / 1_000) + settings.batchResultSeconds;
  return `${origin}/batch-results/${batch.key}-response.tar.gz?expires=${expires}&signature=${signatureOf(batch, expires)}`;
}

/** Where `response_body_url` points: outside Mailchimp's API, so without a key, and only for a limited time. */
export function addBatchResults(scope: FastifyInstance, { store, clock }: Mailchimp): void {
  scope.get('/batch-results/:name', async (request, reply) => {
    const [batch] = store.batches.by('key', paramOf(request, 'name').replace('-response.tar.gz', ''));
    const { expires = '', signature } = queryOf(request);
    const valid = batch !== undefined && signature === signatureOf(batch, Number(expires));
    if (!valid || batch.results === null || clock.now() > Number(expires) * 1_000) {
      return reply.code(403).header('content-type', 'application/xml').send('<Error><Code>AccessDenied</Code></Error>');
    }
    const file = { name: `${batch.key}.json`, content: JSON.stringify(batch.results) };
    return reply.header('content-type', 'application/x-gzip').send(tarGz([file], clock.now()));
  });
}
