import DataLoader from 'dataloader';
import { SyncError } from '../sync/sync-error.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../targets/remote-system.ts';

/** A delivery waits so long for others to go with; a worker under load fills a call sooner. */
const GATHER_MS = 400;

/**
 * A connection whose deliveries, where nobody waits for them, are gathered into bulk calls: each still gets its own result, or
 * its own error. A call that is refused as a whole is halved until what spoils it is alone, so that no item is sent more than
 * log₂ n times for another's sake.
 *
 * @param remote a plain object, as every target's connection is.
 * @param itemsPerCall the target's limit.
 */
export function gatherSends(remote: RemoteSystem, itemsPerCall: number): RemoteSystem {
  const { bulk } = remote;
  if (bulk === undefined) return remote;
  const call = (requests: readonly SendRequest[]) => bulk.sendMany(requests);
  const loader = new DataLoader<SendRequest, SendResult>((requests) => sendInHalves(call, requests), {
    cache: false,
    maxBatchSize: itemsPerCall,
    batchScheduleFn: (send) => void setTimeout(send, GATHER_MS),
  });
  return {
    ...remote,
    send: (request) =>
      request.patient === true && bulk.canGather(request) ? loader.load(request) : remote.send(request),
  };
}

/** What became of each, in the order of the requests. */
export async function sendInHalves(
  call: (requests: readonly SendRequest[]) => Promise<readonly (SendResult | Error)[]>,
  requests: readonly SendRequest[],
): Promise<(SendResult | Error)[]> {
  try {
    const results = await call(requests);
    return requests.map(
      (_, index) => results[index] ?? new Error('a bulk call gave fewer results than it was asked for'),
    );
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    const isRefused = failure instanceof SyncError && failure.errorClass === 'rejected';
    if (!isRefused || requests.length < 2) return requests.map(() => failure);
    const middle = Math.ceil(requests.length / 2);
    return [
      ...(await sendInHalves(call, requests.slice(0, middle))),
      ...(await sendInHalves(call, requests.slice(middle))),
    ];
  }
}
