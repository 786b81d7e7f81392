import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { createDelivery } from './delivery.mjs';

/** A job for each person. @param {import('./job.mjs').Job} job */
export async function graphileWorker(job) {
  const delivery = createDelivery(job);
  const { databaseUrl: connectionString } = job;
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  return async () => {
    let left = job.keys.length;
    const all = Promise.withResolvers();
    await utils.addJobs(job.keys.map((key) => ({ identifier: 'person', payload: { key } })));
    const runner = await run({
      connectionString,
      logger,
      noHandleSignals: true,
      concurrency: job.inFlight,
      maxPoolSize: job.inFlight + 2,
      pollInterval: 500,
      taskList: {
        person: async (payload) => {
          await delivery.deliver(/** @type {{ key: string }} */ (payload).key);
          left -= 1;
          if (left === 0) all.resolve(undefined);
        },
      },
    });
    await all.promise;
    await runner.stop();
  };
}
