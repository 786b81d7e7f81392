import { createDelivery } from './delivery.mjs';
import { inLanes } from './job.mjs';

/** Persons of a page, and of a bulk call. */
const PAGE = 500;

/** No durability at all: after a crash it begins again. @param {import('./job.mjs').Job} job */
export async function loop(job) {
  const delivery = createDelivery(job);
  if (!job.bulk) return () => inLanes(job.keys, job.inFlight, (key) => delivery.deliver(key));
  const pages = Array.from({ length: Math.ceil(job.keys.length / PAGE) }, (_, n) =>
    job.keys.slice(n * PAGE, (n + 1) * PAGE),
  );
  return () => inLanes(pages, job.inFlight, (page) => delivery.deliverTogether(page));
}
