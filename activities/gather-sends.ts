import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import type { RemoteSystem, SendRequest, SendResult } from '../targets/remote-system.ts';
import { sendInHalves } from './send-in-halves.ts';

/**
 * Flush the batch after QUIET_MS without a new item: under load, deliveries keep arriving one after another. On a busy
 * machine half a second between two of them is common, and a shorter pause would split a load into many small calls.
 */
const QUIET_MS = 1_000;

/** The longest wait of a batch's first item, well within an activity's time limit. */
const GATHER_MS = 5_000;

/**
 * A connection that gathers deliveries without a waiting caller into bulk calls. Each still gets its own result or
 * error. A call that is refused as a whole is split in halves until the faulty item is alone, so no item is sent more
 * than log₂ n times because of another.
 *
 * @param remote a plain object, as every target's connection is.
 * @param itemsPerCall the target's limit.
 * @param concurrentCalls limit for deliveries without a waiting caller that are sent alone.
 */
export function gatherSends(
  remote: RemoteSystem,
  { itemsPerCall, concurrentCalls }: { readonly itemsPerCall: number; readonly concurrentCalls: number },
): RemoteSystem {
  const { bulk } = remote;
  const inTurn = pLimit(concurrentCalls);
  if (bulk === undefined) return remote;
  const call = (requests: readonly SendRequest[]) => bulk.sendMany(requests);
  let latestAt = 0;
  const whenQuiet = (send: () => void) => {
    const deadline = performance.now() + GATHER_MS;
    const look = () => {
      const pause = Math.min(latestAt + QUIET_MS, deadline) - performance.now();
      if (pause > 0) setTimeout(look, pause);
      else send();
    };
    look();
  };
  const loader = new DataLoader<SendRequest, SendResult>((requests) => sendInHalves(call, requests), {
    cache: false,
    maxBatchSize: itemsPerCall,
    batchScheduleFn: whenQuiet,
  });
  return {
    ...remote,
    send: (request) => {
      if (request.patient !== true) return remote.send(request);
      if (request.alone === true || !bulk.canGather(request)) return inTurn(() => remote.send(request));
      latestAt = performance.now();
      return loader.load(request);
    },
  };
}
