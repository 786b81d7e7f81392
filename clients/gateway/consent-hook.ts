import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { auditCaller, auditDetails } from './audit.ts';
import type { Followed } from './follow-hint.ts';
import { JoinedWork } from '../joined-work.ts';
import { sendProblem } from './problem.ts';
import type { Proof, ReplayMemory } from './taken-webhooks.ts';
import { NoAnswerInTimeError, within } from './within.ts';

/** Mautic sends webhooks inside its own API calls, without a time-out: its call blocks until we answer. */
const ANSWER_WITHIN_MS = 2_000;

/**
 * A body of a megabyte could contain tens of thousands of ids, each of which needs a look-up. The next poll finds the
 * others.
 */
const CONTACTS_AT_MOST = 100;

const NOT_FOLLOWED = 'a webhook could not be processed; the next poll finds the change';

/** The webhook of a target that is read only for consent. */
export interface ConsentHook {
  readonly process: SyncProcessName;
  /** The webhook's path; Mailchimp also sends a GET to it to check that it answers. */
  readonly path: string;
  /** Verifies that the request comes from the target. */
  verify(request: HookRequest): HookVerdict;
  /** Remote ids of the contacts that the webhook is about. Null if it cannot be parsed. */
  contactsIn(body: Buffer): readonly string[] | null;
  /** Resolves once the work can no longer be lost. */
  readonly follow: (remoteId: string) => Promise<Followed>;
  readonly taken: ReplayMemory;
  /** Why following failed, in an operator's words and without values. */
  readonly reasonOf: (error: unknown) => string;
}

export type HookVerdict =
  | ({ readonly genuine: true } & Omit<Proof, 'process'>)
  /** `why` goes only into our log. */
  | { readonly genuine: false; readonly why: string };

export interface HookRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/**
 * Accepts the webhooks of a marketing target. They are hints: their content is discarded, and consent is read from the
 * target. A webhook may concern many contacts, also unknown ones, which are left to the poll.
 */
export function addConsentHook(app: FastifyInstance, log: Logger, hook: ConsentHook): void {
  const { process, path, follow, taken, reasonOf } = hook;
  const joined = new JoinedWork<Followed>();

  // Mailchimp, or a person with a browser, checks by GET that the address answers.
  app.get(path, (_request, reply) => reply.code(200).send({ process, takes: 'webhooks' }));

  app.post<{ Params: Record<string, string> }>(path, async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verdict = hook.verify({ headers: request.headers, params: request.params, body });
    if (!verdict.genuine) return refuse(request, reply, verdict.why);
    const named = hook.contactsIn(body);
    if (named === null) return sendProblem(reply, 400);
    const proof: Proof = { process, digest: verdict.digest, validForMs: verdict.validForMs };
    const distinct = new Set(named);
    const contacts = [...distinct].slice(0, CONTACTS_AT_MOST);
    if (contacts.length < distinct.size)
      log.warn(
        { process, contacts: distinct.size, followed: contacts.length },
        'a webhook names too many contacts; the next poll finds the others',
      );
    const following = followNew(proof, contacts);
    try {
      const followed = await within(ANSWER_WITHIN_MS, following);
      if (followed === 'replayed') return refuse(request, reply, followed);
      auditCaller(request, process);
      // Contact ids may be hashes of addresses, so log only their number.
      auditDetails(request, { contacts: contacts.length, asked: followed.filter((one) => one === 'asked').length });
      return reply.code(200).send();
    } catch (error) {
      if (error instanceof NoAnswerInTimeError) {
        // The work continues; if it fails after all, the poll finds the change.
        auditCaller(request, process);
        auditDetails(request, { contacts: contacts.length });
        following.catch((reason: unknown) => log.warn({ process, reason: reasonOf(reason) }, NOT_FOLLOWED));
        return reply.code(202).send();
      }
      log.warn({ process, reason: reasonOf(error) }, NOT_FOLLOWED);
      return sendProblem(reply, 503);
    }
  });

  async function followNew(proof: Proof, contacts: readonly string[]): Promise<'replayed' | readonly Followed[]> {
    if (contacts.length === 0) return [];
    try {
      if (!(await taken.take(proof))) return 'replayed';
      return await Promise.all(contacts.map((id) => joined.run(id, () => follow(id))));
    } catch (error) {
      await taken.forget(proof).catch(() => undefined);
      throw error;
    }
  }

  /** The reason goes only into our log. */
  function refuse(request: FastifyRequest, reply: FastifyReply, reason: string) {
    auditDetails(request, { process, reason });
    return sendProblem(reply, 401);
  }
}
