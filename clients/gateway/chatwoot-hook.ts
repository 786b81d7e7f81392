import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { chatwootHint, type Hint } from './chatwoot-hint.ts';
import type { Followed } from './follow-hint.ts';
import { JoinedWork } from '../joined-work.ts';
import { sendProblem } from './problem.ts';
import { auditCaller, auditDetails } from './audit.ts';
import type { ReplayMemory } from './taken-webhooks.ts';
import { SIGNATURE_VALID_FOR_MS, verifySignature } from './verify-signature.ts';

export interface ChatwootHook {
  /** All of them are valid. */
  readonly secrets: readonly string[];
  /** Resolves once the work can no longer be lost. */
  readonly follow: (hint: Hint) => Promise<Followed>;
  readonly taken: ReplayMemory;
  /** Why following failed, in an operator's words and without values. */
  readonly reasonOf: (error: unknown) => string;
  /** The current time in milliseconds since 1970. */
  readonly now?: () => number;
}

const UUID = /^[0-9a-f-]{36}$/i;

/**
 * `POST /hooks/chatwoot`. A webhook is only a hint: its content is discarded, and the record is read from ChatWoot.
 * ChatWoot sends each webhook once and waits 5 s; the poll finds what is lost here.
 */
export function addChatwootHook(app: FastifyInstance, log: Logger, hook: ChatwootHook): void {
  const { secrets, follow, taken, reasonOf, now = Date.now } = hook;
  const joined = new JoinedWork<Followed>();

  app.post('/hooks/chatwoot', async (request, reply) => {
    const delivery = deliveryOf(request);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verdict = verifySignature(
      { timestamp: request.headers['x-chatwoot-timestamp'], signature: request.headers['x-chatwoot-signature'], body },
      secrets,
      now(),
    );
    if (verdict.kind === 'refused') return refuse(request, reply, verdict.reason);
    const payload = objectIn(body);
    if (payload === null) return sendProblem(reply, 400);
    const hint = chatwootHint(payload);
    if (hint === null) {
      auditCaller(request, 'CHATWOOT');
      return accept(reply);
    }
    const { type, remoteId } = hint;
    const proof = { process: 'CHATWOOT', digest: verdict.signature, validForMs: SIGNATURE_VALID_FOR_MS } as const;
    try {
      if (!(await taken.take(proof))) return refuse(request, reply, 'replayed');
      auditCaller(request, 'CHATWOOT');
      auditDetails(request, { type, remoteId, delivery });
      const followed = await joined.run(`${type}/${remoteId}`, () => follow(hint));
      auditDetails(request, { followed });
      return accept(reply);
    } catch (error) {
      await taken.forget(proof).catch(() => undefined);
      log.warn(
        { process: 'CHATWOOT', type, remoteId, delivery, reason: reasonOf(error) },
        'a webhook could not be processed; the next poll finds the change',
      );
      return sendProblem(reply, 503);
    }
  });
}

/** The reason goes only into our log. */
function refuse(request: FastifyRequest, reply: FastifyReply, reason: string) {
  auditDetails(request, { process: 'CHATWOOT', reason });
  return sendProblem(reply, 401);
}

const accept = (reply: FastifyReply) => reply.code(202).send();

/** ChatWoot's delivery id, for comparing the two logs. It is not covered by the signature. */
function deliveryOf({ headers }: FastifyRequest): string | null {
  const delivery = headers['x-chatwoot-delivery'];
  return typeof delivery === 'string' && UUID.test(delivery) ? delivery : null;
}

function objectIn(body: Buffer): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}
