import pLimit from 'p-limit';
import type { Client } from '@temporalio/client';
import type { PairRef } from '../../workflows/pair-start.ts';
import { NoResultInTimeError } from '../request-sync.ts';
import { webUiLink } from '../web-ui-link.ts';
import { complain, say, sayBlock, sayJson, table } from './output.ts';
import { failureOf } from './failures.ts';
import { pairRequest, unknownRequest, type Answer, type Request } from './requests.ts';
import type { Session } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

/** Concurrent requests. More would only queue at the server. */
const REQUESTS_AT_ONCE = 20;

/** More links than this are not useful. */
const LINKS_SHOWN = 20;

/** Outcomes that count as success. */
const DONE: readonly Answer['outcome'][] = ['IN_SYNC', 'REMOVED', 'NOTHING'];

/** Asks each pair's workflow for a pass: {@link askAll}. @param unknown ids that neither EMS nor the process knows: they stand among the results. */
export async function askPairs(
  session: Session,
  pairs: readonly PairRef[],
  options: WaitOptions,
  unknown: readonly PairRef[] = [],
): Promise<boolean> {
  const request = options.resend === true ? 'resend' : 'outbound';
  return askAll(session, [...pairs.map((pair) => pairRequest(pair, request)), ...unknown.map(unknownRequest)], options);
}

/**
 * Sends all requests and prints them or, with `--wait`, their results.
 *
 * @param tellJson takes what `--json` prints
 * @returns false if a result that was waited for is not a success.
 */
export async function askAll(
  session: Session,
  requests: readonly Request[],
  options: WaitOptions,
  tellJson: (told: readonly unknown[]) => void = sayJson,
): Promise<boolean> {
  const client = await session.temporal();
  if (options.wait !== true) {
    const asked = await pLimit(REQUESTS_AT_ONCE).map(requests, async (request) => ({
      request,
      reason: await reasonAgainst(session, () => request.ask(client)),
    }));
    const sent = asked.filter(({ reason }) => reason === null).map(({ request }) => request);
    if (options.json) tellJson(asked.map(toldOfRequest));
    else showRequests(session, sent);
    return sent.length === requests.length;
  }
  const answers = await answersOf(session, requests, options.timeout);
  sayAnswers(answers, options, tellJson);
  return answers.every(isDone);
}

/** Null: the request was sent. What failed is said on standard error, and in JSON where the results are. */
async function reasonAgainst({ settings }: Session, ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await ask();
    return null;
  } catch (error) {
    const reason = failureOf(error, settings.common).lines.join('; ');
    complain(reason);
    return reason;
  }
}

const toldOfRequest = ({ request, reason }: { readonly request: Request; readonly reason: string | null }) => ({
  ...request.named,
  requested: reason === null,
  ...(reason === null ? {} : { reason }),
});

/** A request with its result; null: there was none in time. */
export interface Answered {
  readonly request: Request;
  readonly answer: Answer | null;
  /** Why the request could not be sent. */
  readonly failure?: string;
}

export const isDone = ({ answer }: Answered): boolean => answer !== null && DONE.includes(answer.outcome);

/** Sends all requests, and waits for each result. @param timeout seconds, for all together. */
export async function answersOf(session: Session, requests: readonly Request[], timeout: number): Promise<Answered[]> {
  const client = await session.temporal();
  const until = Date.now() + timeout * 1_000;
  return pLimit(REQUESTS_AT_ONCE).map(requests, async (request) => {
    let answer: Answer | null = null;
    const failure = await reasonAgainst(session, async () => (answer = await answerOf(client, request, until)));
    return { request, answer, ...(failure === null ? {} : { failure }) };
  });
}

export function sayAnswers(
  answers: readonly Answered[],
  { json }: Pick<WaitOptions, 'json'>,
  tellJson: (told: readonly unknown[]) => void = sayJson,
): void {
  if (json) {
    tellJson(
      answers.map(({ request, answer, failure }) => ({
        ...request.named,
        ...(answer ?? { outcome: null, reason: failure ?? 'no result in time' }),
      })),
    );
  } else if (answers.length > 0) {
    const rows = answers.map(({ request, answer, failure }) => [
      request.what,
      answer?.outcome ?? (failure === undefined ? 'no result in time' : 'not requested'),
      answer?.delivery ?? null,
      answer?.reason ?? failure ?? null,
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
