import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { commonKnobs } from './faults.ts';
import type { Surroundings } from './faulty-api.ts';

const journalQuery = z.strictObject({
  since: z.coerce.number().int().min(0).optional(),
  writesOnly: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});

const clockBody = z.strictObject({ offsetMs: z.int() });

/**
 * The control endpoints that every simulator has: faults, journal, concurrency, clock, reset.
 * `resetState` empties what the simulator itself holds. A mistake in a request is answered 400 with the reason.
 */
export function addControlRoutes(
  scope: FastifyInstance,
  { clock, random, faults, journal, concurrency }: Surroundings<typeof commonKnobs>,
  resetState: () => void,
): void {
  scope.setErrorHandler((error, _request, reply) => {
    const mistake = error instanceof z.ZodError;
    const message = mistake ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    return reply.code(mistake ? 400 : statusOf(error)).send({ message });
  });

  scope.get('/faults', async () => faults.read());
  scope.put('/faults', async (request) => {
    faults.set(request.body);
    return faults.read();
  });
  scope.delete('/faults', async (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });

  scope.get('/journal', async (request) => journal.read(journalQuery.parse(request.query)));
  scope.delete('/journal', async (_request, reply) => {
    journal.clear();
    return reply.code(204).send();
  });

  scope.get('/concurrency', async () => concurrency.read());
  scope.delete('/concurrency', async (_request, reply) => {
    concurrency.clear();
    return reply.code(204).send();
  });

  scope.get('/clock', async () => ({ now: clock.instant(), offsetMs: clock.offsetMs }));
  scope.put('/clock', async (request) => {
    clock.offsetMs = clockBody.parse(request.body).offsetMs;
    return { now: clock.instant(), offsetMs: clock.offsetMs };
  });

  scope.post('/reset', async (_request, reply) => {
    resetState();
    faults.clear();
    journal.clear();
    concurrency.clear();
    clock.offsetMs = 0;
    random.reseed(1);
    return reply.code(204).send();
  });
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
}
