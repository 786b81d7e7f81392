import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { PairRef } from '../../../workflows/pair-start.ts';
import { sendProblem } from '../problem.ts';
import { Asker, type AskServers } from './ask.ts';
import { callerOf } from './bearer.ts';
import { KeptAnswers, type Answer } from './kept-answers.ts';
import { openApi } from './open-api.ts';
import { pairState, unknownEntity } from './pair-state.ts';
import { Problem } from './problems.ts';
import { idempotencyKeyIn, pairInPath, pairsInBody, waitIn, type OffProcesses } from './read-request.ts';
import type { AskResult } from './schemas.ts';

export interface OnDemand extends AskServers {
  /** All of them are valid. */
  readonly tokens: readonly string[];
  readonly off: OffProcesses;
  /** Which server cannot be reached, in an operator's words; null for any other error. */
  readonly unreachable: (error: unknown) => string | null;
}

/** `/v1`: syncs on demand for callers with a token (docs/on-demand.md). */
export function addOnDemand(app: FastifyInstance, log: Logger, parts: OnDemand): void {
  const asker = new Asker(parts);
  const kept = new KeptAnswers(parts.orm);
  const description = openApi();

  app.get('/v1/openapi.json', async () => description);

  void app.register(
    async (v1) => {
      v1.decorateRequest('caller', '');

      v1.addHook('onRequest', async (request, reply) => {
        const caller = callerOf(request.headers.authorization, parts.tokens);
        if (caller === null) {
          log.warn({ method: request.method }, 'sync request refused: the token is missing or invalid');
          return sendProblem(reply.header('www-authenticate', 'Bearer'), 401);
        }
        request.setDecorator('caller', caller);
      });

      v1.setErrorHandler((error: FastifyError | Problem, _request, reply) => sendError(error, reply));

      v1.post('/', async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const pairs = pairsInBody(body, parts.off);
        return answer(request, reply, pairs, (results) => ({ results }));
      });

      v1.post('/:process/:type/:id', async (request, reply) => {
        const pair = pairInPath(request.params, parts.off);
        return answer(request, reply, [pair], ([result]) => {
          if (result === undefined || result.result === 'unknown') throw unknownEntity(pair);
          return result;
        });
      });

      v1.get('/:process/:type/:id', async (request) => pairState(parts, pairInPath(request.params, parts.off)));
    },
    { prefix: '/v1/sync' },
  );

  /** Requests the syncs and answers with `bodyOf` of the results; with an idempotency key, only once. */
  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    pairs: readonly PairRef[],
    bodyOf: (results: readonly AskResult[]) => unknown,
  ): Promise<FastifyReply> {
    const wait = waitIn(request.query, request.headers['prefer']);
    const key = idempotencyKeyIn(request.headers['idempotency-key']);
    const work = async (): Promise<Answer> => {
      const results = await asker.ask(pairs, wait.ms);
      log.info({ asked: results.length, waited: wait.ms > 0 }, 'syncs requested');
      const isDone = wait.ms > 0 && results.every(({ result }) => result === 'answered' || result === 'unknown');
      return { status: isDone ? 200 : 202, body: JSON.stringify(bodyOf(results)) };
    };
    if (wait.preferred) void reply.header('preference-applied', `wait=${wait.ms / 1_000}`);
    if (key === null) return send(reply, await work());
    const caller = request.getDecorator<string>('caller');
    const asked = JSON.stringify([request.routeOptions.url, pairs]);
    const { replayed, ...answered } = await kept.answer({ caller, key, request: asked }, work);
    if (replayed) void reply.header('idempotency-replayed', 'true');
    return send(reply, answered);
  }

  function sendError(error: FastifyError | Problem, reply: FastifyReply): FastifyReply {
    if (error instanceof Problem) return error.send(reply);
    const { statusCode = 500 } = error;
    if (statusCode < 500) return sendProblem(reply, statusCode);
    const reason = parts.unreachable(error);
    log[reason === null ? 'error' : 'warn'](
      { reason: reason ?? error.code ?? error.name },
      'syncs could not be requested',
    );
    if (reason === null) return sendProblem(reply, 500);
    const detail = 'PostgreSQL or Temporal; the log says which. The request can be repeated';
    return new Problem('unreachable', { detail, retryAfterSeconds: 5 }).send(reply);
  }
}

function send(reply: FastifyReply, { status, body }: Answer): FastifyReply {
  return reply.code(status).type('application/json').send(body);
}
