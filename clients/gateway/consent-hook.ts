import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Followed } from './follow-hint.ts';
import { JoinedWork } from '../joined-work.ts';
import { sendProblem } from './problem.ts';
import { NoAnswerInTimeError, within } from './within.ts';

/** Mautic sends webhooks inside its own API calls, without a time-out: as long as we do not answer, nor does it. */
const ANSWER_WITHIN_MS = 2_000;

/** A body of a megabyte could name tens of thousands, and each is a look-up. The next poll finds the others. */
const CONTACTS_AT_MOST = 100;

const NOT_FOLLOWED = 'a webhook could not be followed; the next poll finds the change';

/** What a webhook of a target that is read for consent alone tells. */
export interface ConsentHook {
  readonly process: SyncProcessName;
  /** Its addresses; the first is where Mailchimp asks whether anybody is there. */
  readonly path: string;
  /** Whether the request is the target's. `why` is for our log alone. */
  verify(request: HookRequest): { readonly genuine: true } | { readonly genuine: false; readonly why: string };
  /** Remote ids of the contacts that it is about. Null: it cannot be read. */
  contactsIn(body: Buffer): readonly string[] | null;
  /** Returns when what is to be done cannot get lost any more. */
  readonly follow: (remoteId: string) => Promise<Followed>;
  /** Why it could not be followed, in an operator's words and without a value. */
  readonly reasonOf: (error: unknown) => string;
}

export interface HookRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/**
 * Takes the webhooks of a marketing target. They are hints: what they say is forgotten, and consent is read from the target. A
 * webhook speaks of many contacts at once, or of one whom EMS does not know, which the poll looks after.
 */
export function addConsentHook(app: FastifyInstance, log: Logger, hook: ConsentHook): void {
  const { process, path, follow, reasonOf } = hook;
  const joined = new JoinedWork<Followed>();

  // Mailchimp asks by GET whether the address answers, and a person by a browser.
  app.get(path, (_request, reply) => reply.code(200).send({ process, takes: 'webhooks' }));

  app.post<{ Params: Record<string, string> }>(path, async (request, reply) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verdict = hook.verify({ headers: request.headers, params: request.params, body });
    if (!verdict.genuine) return refuse(reply, verdict.why);
    const named = hook.contactsIn(body);
    if (named === null) return sendProblem(reply, 400);
    const distinct = new Set(named);
    const contacts = [...distinct].slice(0, CONTACTS_AT_MOST);
    if (contacts.length < distinct.size)
      log.warn(
        { process, contacts: distinct.size, followed: contacts.length },
        'a webhook names too many contacts; the next poll finds the others',
      );
    const following = Promise.all(contacts.map((id) => joined.run(id, () => follow(id))));
    try {
      const followed = await within(ANSWER_WITHIN_MS, following);
      // Ids of contacts may be hashes of addresses: they are counted, not named.
      log.debug(
        { process, contacts: contacts.length, asked: followed.filter((one) => one === 'asked').length },
        'a webhook was taken',
      );
      return reply.code(200).send();
    } catch (error) {
      if (error instanceof NoAnswerInTimeError) {
        // It goes on; should it fail after all, the poll finds what it was about.
        following.catch((reason: unknown) => log.warn({ process, reason: reasonOf(reason) }, NOT_FOLLOWED));
        return reply.code(202).send();
      }
      log.warn({ process, reason: reasonOf(error) }, NOT_FOLLOWED);
      return sendProblem(reply, 503);
    }
  });

  /** What was wrong is for our log alone. */
  function refuse(reply: FastifyReply, reason: string) {
    log.warn({ process, reason }, 'a webhook was refused');
    return sendProblem(reply, 401);
  }
}
