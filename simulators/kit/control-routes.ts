import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AnswerCheck } from './answers.ts';
import type { commonKnobs } from './faults.ts';
import type { Surroundings } from './surroundings.ts';

const journalQuery = z.strictObject({
  since: z.coerce.number().int().min(0).optional(),
  writesOnly: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});

const clockBody = z.strictObject({ offsetMs: z.int() });

/** The test control of one simulator. */
export interface SimulatorControl {
  /** Empties the simulator's own state. */
  reset(): void;
  /** Returns the whole state. `query` is the request's query. */
  state(query: unknown): unknown;
  /** Runs an action at the vendor, as sent. Throws ZodError for an unknown action. */
  backdoor(action: unknown): unknown;
  /** Formats an error that `backdoor` threw in the vendor's words; undefined for any other error. */
  refusal(error: unknown): { readonly status: number; readonly body: unknown } | undefined;
  /** The outcome of each webhook. */
  deliveries?(): unknown;
  /** Reads and changes the setup; `write` changes only the settings given. */
  readonly settings?: { readonly path: string; read(): unknown; write(sent: unknown): void };
  /** Routes that only this simulator has. */
  addRoutes?(scope: FastifyInstance): void;
  readonly answers?: AnswerCheck | undefined;
}

/** Adds the control endpoints. An invalid request is answered 400 with the reason. */
export function addControlRoutes(
  scope: FastifyInstance,
  surroundings: Surroundings<typeof commonKnobs>,
  control: SimulatorControl,
): void {
  scope.setErrorHandler((error, _request, reply) => {
    const mistake = error instanceof z.ZodError;
    const message = mistake ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    return reply.code(mistake ? 400 : statusOf(error)).send({ message });
  });

  addCommonRoutes(scope, surroundings, control);

  scope.get('/state', async (request) => control.state(request.query));
  scope.post('/backdoor', async (request, reply) => {
    try {
      return await control.backdoor(request.body);
    } catch (error) {
      const refusal = control.refusal(error);
      if (refusal === undefined) throw error;
      return reply.code(refusal.status).send(refusal.body);
    }
  });
  if (control.deliveries !== undefined) scope.get('/deliveries', async () => control.deliveries?.());
  const { settings } = control;
  if (settings !== undefined) {
    scope.get(settings.path, async () => settings.read());
    scope.put(settings.path, async (request) => {
      settings.write(request.body);
      return settings.read();
    });
  }
  scope.get('/misfits', async () => control.answers?.misfits ?? []);
  control.addRoutes?.(scope);
}

/** Faults, journal, concurrency, clock, reset. */
function addCommonRoutes(
  scope: FastifyInstance,
  { clock, random, faults, journal, concurrency }: Surroundings<typeof commonKnobs>,
  control: SimulatorControl,
): void {
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
    control.reset();
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
