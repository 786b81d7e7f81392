import { SyncError } from '../sync/sync-error.ts';
import type { SendRequest } from '../targets/remote-system.ts';

/**
 * Sends requests by one bulk call. A call that is refused as a whole is split in halves until the faulty item is alone, so no item
 * is sent more than log₂ n times because of another.
 *
 * @returns the result of each request, in order.
 */
export async function sendInHalves<Result>(
  call: (requests: readonly SendRequest[]) => Promise<readonly (Result | Error)[]>,
  requests: readonly SendRequest[],
): Promise<(Result | Error)[]> {
  try {
    const results = await call(requests);
    return requests.map((_, index) => {
      const result = results[index];
      return result === undefined ? new Error('a bulk call gave fewer results than it was asked for') : result;
    });
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
