import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { NamedToken } from '../../../settings/named-tokens.ts';
import { pairWorkflowId } from '../../../sync/workflow-ids.ts';
import type { PairRef } from '../../../workflows/pair-start.ts';
import { auditDetails } from '../audit.ts';
import type { LockOut } from '../lock-out.ts';
import { sendProblem } from '../problem.ts';
import { callsPerMinute } from '../rate-limits.ts';
import { callerIn, requireToken } from '../require-token.ts';
import { Asker, type AskServers } from './ask.ts';
import { KeptAnswers, type Answer } from './kept-answers.ts';
import { openApi } from './open-api.ts';
import { pairState, unknownEntity } from './pair-state.ts';
import { Problem } from './problems.ts';
import { assertJson, idempotencyKeyIn, pairInPath, pairsInBody, waitIn, type OffProcesses } from './read-request.ts';
import type { AskResult } from './schemas.ts';

export interface OnDemand extends AskServers {
  /** All of them are valid. */
  readonly tokens: readonly NamedToken[];
  /** @throws the error of the database. */
  readonly off: () => Promise<OffProcesses>;
  /** Which server cannot be reached, in an operator's words; null for any other error. */
  readonly unreachable: (error: unknown) => string | null;
}

/** Pairs of one call that the audit log names; of others it has the number. */
const PAIRS_NAMED = 20;

/** Nothing more is to be waited for. */
const DONE: readonly AskResult['result'][] = ['answered', 'paused', 'unknown'];

/** What the gateway adds to the routes. */
export interface Protection {
  readonly log: Logger;
  readonly lockOut: LockOut;
  readonly now: () => number;
  /** Called before the token is looked at. */
  readonly before: (app: FastifyInstance) => void;
}

/** `/v1`: syncs on demand for callers with a token (docs/on-demand.md). */
export function addOnDemand(app: FastifyInstance, parts: OnDemand, { before, ...protection }: Protection): void {
  const { log } = protection;
  const asker = new Asker(parts);
  const kept = new KeptAnswers(parts.orm);
  const description = openApi();

  app.get('/v1/openapi.json', async () => description);

  void app.register(
    async (v1) => {
      before(v1);
      requireToken(v1, { tokens: parts.tokens, ...protection });
      v1.addHook('onRequest', v1.rateLimit(callsPerMinute(parts.settings.GATEWAY_CALLS_PER_MINUTE, callerIn)));

      v1.setErrorHandler((error: FastifyError | Problem, _request, reply) => sendError(error, reply));

      v1.post('/', async (request, reply) => {
        assertJson(request.headers['content-type']);
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const pairs = pairsInBody(body, await parts.off());
        return answer(request, reply, pairs, (results) => ({ results }));
      });

      v1.post('/:process/:type/:id', async (request, reply) => {
        const pair = pairInPath(request.params, await parts.off());
        return answer(request, reply, [pair], ([result]) => {
          if (result === undefined || result.result === 'unknown') throw unknownEntity(pair);
          return result;
        });
      });

      v1.get('/:process/:type/:id', async (request) => {
        const pair = pairInPath(request.params, await parts.off());
        auditDetails(request, { pairs: [pairWorkflowId(pair.process, pair.type, pair.key)] });
        return pairState(parts, pair);
      });
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
    const pairsNamed = pairs.slice(0, PAIRS_NAMED).map(({ process, type, key }) => pairWorkflowId(process, type, key));
    auditDetails(request, { asked: pairs.length, pairs: pairsNamed, waited: wait.ms > 0 });
    const key = idempotencyKeyIn(request.headers['idempotency-key']);
    const work = async (): Promise<Answer> => {
      const results = await asker.ask(pairs, wait.ms);
      const isDone = wait.ms > 0 && results.every(({ result }) => DONE.includes(result));
      return { status: isDone ? 200 : 202, body: JSON.stringify(bodyOf(results)) };
    };
    if (wait.preferred) void reply.header('preference-applied', `wait=${wait.ms / 1_000}`);
    if (key === null) return send(reply, await work());
    const caller = callerIn(request);
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
