import type { SyncRequest } from '../../workflows/pair-requests.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { answersOf, askAll, isDone, sayAnswers, type Answered } from './ask-pairs.ts';
import { complain, sayJson } from './output.ts';
import { pairRequest } from './requests.ts';
import type { Session } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

/** A pair, and what is asked of it. */
export interface Asking {
  readonly pair: PairRef;
  readonly request: SyncRequest;
}

/**
 * Asks pair after pair, in the given order. When waiting, each type's rows have their result before the next type's are
 * asked, so that a row finds those that it refers to.
 *
 * @param isWell left out: the row is in sync, removed, or nothing was to be done.
 * @param tellJson takes what `--json` prints; left out: it is printed.
 * @returns false if a result that was waited for is not well.
 */
export async function askInOrder(
  session: Session,
  asked: readonly Asking[],
  options: WaitOptions,
  { isWell = isDone, tellJson = sayJson }: HowToAsk = {},
): Promise<boolean> {
  if (options.wait !== true) {
    const requests = asked.map(({ pair, request }) => pairRequest(pair, request));
    return askAll(session, requests, options, tellJson);
  }
  const all = await askQuietly(session, asked, options.timeout);
  sayAnswers(all, options, tellJson);
  return all.every(isWell);
}

interface HowToAsk {
  readonly isWell?: (answered: Answered) => boolean;
  readonly tellJson?: (told: readonly unknown[]) => void;
}

/** The same, with a line on standard error for each type only. @param timeout seconds, for each type. */
export async function askQuietly(session: Session, asked: readonly Asking[], timeout: number): Promise<Answered[]> {
  const all: Answered[] = [];
  for (const some of inRuns(asked)) {
    complain(`${some.length} ${some[0]?.pair.type}`);
    const requests = some.map(({ pair, request }) => pairRequest(pair, request));
    all.push(...(await answersOf(session, requests, timeout)));
  }
  return all;
}

/** Neighbours of one type and one request. */
function inRuns(asked: readonly Asking[]): Asking[][] {
  const runs: Asking[][] = [];
  for (const one of asked) {
    const last = runs.at(-1);
    const [first] = last ?? [];
    if (first !== undefined && first.pair.type === one.pair.type && first.request === one.request) last?.push(one);
    else runs.push([one]);
  }
  return runs;
}
