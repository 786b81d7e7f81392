import type { Client } from '@temporalio/client';
import { formatRef } from '../../sync/entity-type.ts';
import { pairWorkflowId } from '../../sync/workflow-ids.ts';
import type { SyncEntityResult, SyncRequest } from '../../workflows/pair-requests.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { inLanes } from '../lanes.ts';
import { NoResultInTimeError, requestSync, requestSyncAndWait } from '../request-sync.ts';
import { webUiLink } from '../web-ui-link.ts';
import { complain, say, sayJson, table } from './output.ts';
import type { Session } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

/** Requests at once: many more would only wait at the server. */
const REQUESTS_AT_ONCE = 20;

/** More links than this help nobody. */
const LINKS_SHOWN = 20;

type Answer = { readonly pair: PairRef; readonly result: SyncEntityResult | null };

/** What an operator wanted has come about, or there was nothing to do. */
const DONE: readonly SyncEntityResult['outcome'][] = ['IN_SYNC', 'REMOVED', 'NOTHING'];

/**
 * Asks each pair's workflow for a pass, and prints what was asked or, with `--wait`, what came of it.
 *
 * @returns whether all that was waited for went well.
 */
export async function askPairs(session: Session, pairs: readonly PairRef[], options: WaitOptions): Promise<boolean> {
  const client = await session.temporal();
  const request = options.resend === true ? 'resend' : 'outbound';
  if (options.wait !== true) {
    await inLanes(pairs, REQUESTS_AT_ONCE, (pair) => requestSync(client, pair, request));
    if (options.json) sayJson(pairs.map((pair) => ({ ...named(pair), requested: true })));
    else showRequests(session, pairs);
    return true;
  }
  const until = Date.now() + options.timeout * 1_000;
  const answers = await inLanes(pairs, REQUESTS_AT_ONCE, (pair) => answerOf(client, pair, request, until));
  if (options.json) {
    sayJson(
      answers.map(({ pair, result }) => ({
        ...named(pair),
        ...(result ?? { outcome: null, reason: 'no result in time' }),
      })),
    );
  } else if (answers.length > 0) {
    const rows = answers.map(({ pair, result }) => [
      formatRef(pair),
      result?.outcome ?? 'no result in time',
      result?.delivery ?? null,
      result?.reason ?? null,
    ]);
    say(table(['entity', 'outcome', 'delivery', 'reason'], rows));
  }
  return answers.every(({ result }) => result !== null && DONE.includes(result.outcome));
}

async function answerOf(client: Client, pair: PairRef, request: SyncRequest, until: number): Promise<Answer> {
  try {
    return { pair, result: await requestSyncAndWait(client, pair, Math.max(1_000, until - Date.now()), request) };
  } catch (error) {
    if (!(error instanceof NoResultInTimeError)) throw error;
    complain(error.message);
    return { pair, result: null };
  }
}

function showRequests({ settings }: Session, pairs: readonly PairRef[]): void {
  for (const { process, type, key } of pairs.slice(0, LINKS_SHOWN)) {
    say(`requested ${type}/${key}: ${webUiLink(settings.common, pairWorkflowId(process, type, key))}`);
  }
  if (pairs.length > LINKS_SHOWN) say(`… and ${pairs.length - LINKS_SHOWN} more`);
}

const named = ({ process, type, key }: PairRef) => ({ process, type, id: key });
