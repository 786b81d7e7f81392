import pLimit from 'p-limit';
import type { Client } from '@temporalio/client';
import type { PairRef } from '../../workflows/pair-start.ts';
import { NoResultInTimeError } from '../request-sync.ts';
import { webUiLink } from '../web-ui-link.ts';
import { complain, say, sayBlock, sayJson, table } from './output.ts';
import { pairRequest, type Answer, type Request } from './requests.ts';
import type { Session } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

/** Concurrent requests. More would only queue at the server. */
const REQUESTS_AT_ONCE = 20;

/** More links than this are not useful. */
const LINKS_SHOWN = 20;

/** Outcomes that count as success. */
const DONE: readonly Answer['outcome'][] = ['IN_SYNC', 'REMOVED', 'NOTHING'];

/** Asks each pair's workflow for a pass: {@link askAll}. */
export async function askPairs(session: Session, pairs: readonly PairRef[], options: WaitOptions): Promise<boolean> {
  const request = options.resend === true ? 'resend' : 'outbound';
  return askAll(
    session,
    pairs.map((pair) => pairRequest(pair, request)),
    options,
  );
}

/**
 * Sends all requests and prints them or, with `--wait`, their results.
 *
 * @returns false if a result that was waited for is not a success.
 */
export async function askAll(session: Session, requests: readonly Request[], options: WaitOptions): Promise<boolean> {
  const client = await session.temporal();
  if (options.wait !== true) {
    await pLimit(REQUESTS_AT_ONCE).map(requests, ({ ask }) => ask(client));
    if (options.json) sayJson(requests.map(({ named }) => ({ ...named, requested: true })));
    else showRequests(session, requests);
    return true;
  }
  const answers = await answersOf(session, requests, options.timeout);
  sayAnswers(answers, options);
  return answers.every(isDone);
}

/** A request with its result; null: there was none in time. */
export interface Answered {
  readonly request: Request;
  readonly answer: Answer | null;
}

export const isDone = ({ answer }: Answered): boolean => answer !== null && DONE.includes(answer.outcome);

/** Sends all requests, and waits for each result. @param timeout seconds, for all together. */
export async function answersOf(session: Session, requests: readonly Request[], timeout: number): Promise<Answered[]> {
  const client = await session.temporal();
  const until = Date.now() + timeout * 1_000;
  return pLimit(REQUESTS_AT_ONCE).map(requests, async (request) => ({
    request,
    answer: await answerOf(client, request, until),
  }));
}

export function sayAnswers(answers: readonly Answered[], { json }: Pick<WaitOptions, 'json'>): void {
  if (json) {
    sayJson(
      answers.map(({ request, answer }) => ({
        ...request.named,
        ...(answer ?? { outcome: null, reason: 'no result in time' }),
      })),
    );
  } else if (answers.length > 0) {
    const rows = answers.map(({ request, answer }) => [
      request.what,
      answer?.outcome ?? 'no result in time',
      answer?.delivery ?? null,
      answer?.reason ?? null,
    ]);
    sayBlock(table(['entity', 'outcome', 'delivery', 'reason'], rows));
  }
}

async function answerOf(client: Client, { askAndWait }: Request, until: number): Promise<Answer | null> {
  try {
    return await askAndWait(client, Math.max(1_000, until - Date.now()));
  } catch (error) {
    if (!(error instanceof NoResultInTimeError)) throw error;
    complain(error.message);
    return null;
  }
}

function showRequests({ settings }: Session, requests: readonly Request[]): void {
  for (const { what, workflowId } of requests.slice(0, LINKS_SHOWN)) {
    say(`requested ${what}: ${webUiLink(settings.common, workflowId)}`);
  }
  if (requests.length > LINKS_SHOWN) say(`… and ${requests.length - LINKS_SHOWN} more`);
}
